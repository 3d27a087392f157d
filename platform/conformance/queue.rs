//! What every `Queue` does.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use platform::{
    Kind, Message, Queue,
    queue::{MAX_MESSAGE, MAX_TIME},
};

use super::{Time, fails, seconds};

/// Runs the whole suite; `now` tells the time that the implementation goes by.
pub async fn suite(queue: Arc<dyn Queue>, time: &Time, now: &dyn Fn() -> DateTime<Utc>) {
    a_message_arrives_as_it_was_sent(&*queue, now).await;
    a_message_is_delivered_until_deleted(&*queue, time).await;
    a_delay_holds_a_message_back(&*queue, time).await;
    extending_keeps_a_message_hidden(&*queue, time).await;
    a_message_can_be_given_back(&*queue).await;
    many_receivers_share_the_messages(&queue).await;
    limits_are_held(&*queue).await;
    odd_names_are_refused(&*queue).await;
}

async fn send(queue: &dyn Queue, name: &str, text: &str) {
    queue.send(name, Bytes::from(text.to_owned()), Duration::ZERO).await.unwrap();
}

async fn receive(queue: &dyn Queue, name: &str, visibility: u64) -> Option<Message> {
    let mut messages = queue.receive(name, 1, seconds(visibility)).await.unwrap();
    assert!(messages.len() <= 1);
    messages.pop()
}

async fn a_message_arrives_as_it_was_sent(queue: &dyn Queue, now: &dyn Fn() -> DateTime<Utc>) {
    let name = "arrives";
    assert_eq!(receive(queue, name, 1).await, None, "a queue exists from its first use on");
    let odd: Vec<u8> = (0..=255).collect();
    for bytes in [Bytes::from(odd), Bytes::new(), Bytes::from_static(b"{\"id\":\"\xc3\xa4\"}")] {
        queue.send(name, bytes.clone(), Duration::ZERO).await.unwrap();
        let message = receive(queue, name, 30).await.unwrap();
        assert_eq!(message.bytes, bytes);
        assert_eq!((message.queue.as_str(), message.dequeue_count), (name, 1));
        assert!((now() - message.inserted).num_seconds().abs() < 30);
        queue.delete(message).await.unwrap();
    }
    assert_eq!(queue.len(name).await.unwrap(), 0);
}

async fn a_message_is_delivered_until_deleted(queue: &dyn Queue, time: &Time) {
    let name = "redelivery";
    send(queue, name, "again").await;
    let first = receive(queue, name, 2).await.unwrap();
    assert_eq!(receive(queue, name, 2).await, None, "it is hidden");
    assert_eq!(queue.len(name).await.unwrap(), 1, "hidden ones count");

    time.pass(seconds(2)).await;
    let second = receive(queue, name, 30).await.unwrap();
    assert_eq!((second.dequeue_count, &second.id), (2, &first.id));
    assert_ne!(second.receipt, first.receipt);
    fails(queue.delete(first.clone()).await, Kind::Gone);
    fails(queue.extend(&mut first.clone(), seconds(5)).await, Kind::Gone);

    queue.delete(second.clone()).await.unwrap();
    fails(queue.delete(second.clone()).await, Kind::Gone);
    fails(queue.extend(&mut second.clone(), seconds(5)).await, Kind::Gone);
    assert_eq!(queue.len(name).await.unwrap(), 0);
}

async fn a_delay_holds_a_message_back(queue: &dyn Queue, time: &Time) {
    let name = "delayed";
    queue.send(name, Bytes::from_static(b"later"), seconds(3)).await.unwrap();
    send(queue, name, "now").await;
    let message = receive(queue, name, 60).await.unwrap();
    assert_eq!(message.bytes, "now");
    assert_eq!(receive(queue, name, 60).await, None);
    time.pass(seconds(3)).await;
    assert_eq!(receive(queue, name, 60).await.unwrap().bytes, "later");
}

async fn extending_keeps_a_message_hidden(queue: &dyn Queue, time: &Time) {
    let name = "extended";
    send(queue, name, "long work").await;
    let mut message = receive(queue, name, 4).await.unwrap();
    let old = message.clone();
    queue.extend(&mut message, seconds(60)).await.unwrap();
    assert_ne!(message.receipt, old.receipt);
    time.pass(seconds(4)).await;
    assert_eq!(receive(queue, name, 4).await, None, "it is still hidden");
    fails(queue.delete(old).await, Kind::Gone);
    assert_eq!(message.bytes, "long work", "extending leaves the content alone");
    queue.extend(&mut message, Duration::ZERO).await.unwrap();
    let again = receive(queue, name, 4).await.unwrap();
    assert_eq!((again.bytes.as_ref(), again.dequeue_count), (b"long work".as_ref(), 2));
}

async fn a_message_can_be_given_back(queue: &dyn Queue) {
    let name = "given-back";
    send(queue, name, "retry").await;
    for attempt in 1..=6 {
        let mut message = receive(queue, name, 60).await.unwrap();
        assert_eq!(message.dequeue_count, attempt);
        queue.extend(&mut message, Duration::ZERO).await.unwrap();
    }
}

async fn many_receivers_share_the_messages(queue: &Arc<dyn Queue>) {
    let name = "shared";
    join_all((0..40).map(|number| queue.send(name, Bytes::from(number.to_string()), Duration::ZERO))).await;
    let tasks = (0..8).map(|_| {
        let queue = Arc::clone(queue);
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let messages = queue.receive(name, 3, seconds(60)).await.unwrap();
                if messages.is_empty() {
                    return mine;
                }
                mine.extend(messages);
            }
        })
    });
    let all: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let distinct: HashSet<_> = all.iter().map(|message| message.bytes.clone()).collect();
    assert_eq!((all.len(), distinct.len()), (40, 40), "each message went to exactly one receiver");
}

async fn limits_are_held(queue: &dyn Queue) {
    let name = "limits";
    let largest = Bytes::from(vec![0xff; MAX_MESSAGE]);
    queue.send(name, largest.clone(), Duration::ZERO).await.unwrap();
    assert!(receive(queue, name, 60).await.unwrap().bytes == largest);
    let over = Bytes::from(vec![0; MAX_MESSAGE + 1]);
    let message = fails(queue.send(name, over, Duration::ZERO).await, Kind::Refused);
    assert!(message.contains("49153") && message.contains(name), "{message}");

    let longest = MAX_TIME + seconds(1);
    fails(queue.send(name, Bytes::new(), longest).await, Kind::Refused);
    fails(queue.receive(name, 1, Duration::ZERO).await, Kind::Refused);
    fails(queue.receive(name, 1, longest).await, Kind::Refused);
    fails(queue.receive(name, 0, seconds(1)).await, Kind::Refused);
    fails(queue.receive(name, 33, seconds(1)).await, Kind::Refused);
    queue.send(name, Bytes::new(), MAX_TIME).await.unwrap();
    assert_eq!(queue.receive(name, 32, MAX_TIME).await.unwrap(), []);
}

async fn odd_names_are_refused(queue: &dyn Queue) {
    let long = "q".repeat(64);
    for name in ["", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "a/b", "a b", &long] {
        fails(queue.send(name, Bytes::new(), Duration::ZERO).await, Kind::Refused);
        fails(queue.receive(name, 1, seconds(1)).await, Kind::Refused);
        fails(queue.len(name).await, Kind::Refused);
    }
    send(queue, &long[1..], "fine").await;
}
