//! Every call can be made from a task of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::*;
use connectors::graph::Which;
use sync::Op;

fn spawnable<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(future)
}

#[tokio::test]
async fn reading_and_writing_may_be_spawned() {
    let world = World::new().await;
    let (reader, writer) = (world.reader(), world.writer());
    let (ana, deadline) = (world.colleague("Ana"), world.deadline());
    let task = spawnable(async move {
        let made = writer.ensure_folder(&ana, managed(&hub(), "Company")).await.unwrap();
        (made, ana, writer)
    });
    let (made, mailbox, writer) = task.await.unwrap();
    let place = connectors::graph::Place { kind: HubKind::Contacts, mailbox, folder: made.id, hub: hub() };
    let there = place.clone();
    let task = spawnable(async move {
        let ops: Vec<Op> = vec![create(1)];
        let mut effects = Vec::new();
        writer
            .write(&there, &ops, &transactions(&ops), deadline, &mut |_, effect| effects.push(Some(effect)))
            .await
            .unwrap();
        written(&effects)
    });
    let ids = task.await.unwrap();
    let task = spawnable(async move {
        reader.users_delta(None).await.end.unwrap();
        reader.folder(&place.mailbox, managed(&hub(), "Company")).await.unwrap();
        reader.changes(vec![reading(&place, None)]).await.remove(0).unwrap();
        reader.find(&place, &[key(1)]).await.unwrap();
        reader.tags(&place, Which::All).await.unwrap();
        reader.tags(&place, Which::These(&ids)).await.unwrap();
        reader.look(&place, &ids).await.len()
    });
    assert_eq!(task.await.unwrap(), 1);
}
