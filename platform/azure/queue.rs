//! The port `Queue` in Storage Queues.

use std::time::Duration;

use async_trait::async_trait;
use azure_core::{http::headers::HeaderName, time::OffsetDateTime};
use azure_storage_queue::{
    QueueClient, QueueServiceClient,
    models::{
        QueueClientGetPropertiesResultHeaders, QueueClientReceiveMessagesOptions,
        QueueClientSendMessageOptions, QueueMessage, ReceivedMessage,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::DateTime;

use super::call::{code_of, within};
use crate::{
    error::{Error, Kind, Result, refused},
    queue::{Message, Queue, check_count, check_message, check_queue, check_time},
    store::whole_seconds,
};

/// The only place where the SDK leaves the new receipt of an extended message.
const RECEIPT: HeaderName = HeaderName::from_static("x-ms-popreceipt");
/// Messages do not expire: what nobody handles must stay to be seen.
const NEVER: i32 = -1;

/// The port `Queue` in Storage Queues; messages are base64 text, as the Functions host expects them.
///
/// A send whose answer was lost is sent again, so a message may arrive twice.
#[derive(Clone)]
pub struct StorageQueue {
    service: std::sync::Arc<QueueServiceClient>,
}

impl StorageQueue {
    pub(super) fn new(service: QueueServiceClient) -> Self {
        Self { service: service.into() }
    }

    fn client(&self, queue: &str) -> Result<QueueClient> {
        check_queue(queue)?;
        let client = self.service.queue_client(queue);
        client.map_err(|error| refused(format!("queue {queue:?} has no URL")).because(error))
    }

    /// Does something with a queue, and creates it first if it is missing.
    async fn with<T, F>(&self, queue: &str, call: impl Fn(QueueClient) -> F) -> Result<T>
    where
        F: Future<Output = azure_core::Result<T>>,
    {
        match within(queue, call(self.client(queue)?)).await {
            Err(error) if code_of(&error) == "QueueNotFound" => {
                within(queue, self.client(queue)?.create(None)).await?;
                within(queue, call(self.client(queue)?)).await
            }
            done => done,
        }
    }
}

#[async_trait]
impl Queue for StorageQueue {
    async fn send(&self, queue: &str, bytes: Bytes, delay: Duration) -> Result<()> {
        check_message(queue, &bytes)?;
        check_time(queue, delay, Duration::ZERO)?;
        let message_text = Some(STANDARD.encode(&bytes));
        let send = async |client: QueueClient| {
            let options = QueueClientSendMessageOptions {
                visibility_timeout: Some(seconds(delay)),
                message_time_to_live: Some(NEVER),
                ..Default::default()
            };
            let message = QueueMessage { message_text: message_text.clone() };
            client.send_message(message.try_into()?, Some(options)).await
        };
        self.with(queue, send).await.map(drop)
    }

    async fn receive(&self, queue: &str, max: usize, visibility: Duration) -> Result<Vec<Message>> {
        check_count(queue, max)?;
        check_time(queue, visibility, Duration::from_secs(1))?;
        let receive = async |client: QueueClient| {
            let options = QueueClientReceiveMessagesOptions {
                number_of_messages: i32::try_from(max).ok(),
                visibility_timeout: Some(seconds(visibility)),
                ..Default::default()
            };
            client.receive_messages(Some(options)).await?.into_model()
        };
        let messages = self.with(queue, receive).await?.items.unwrap_or_default();
        messages.into_iter().map(|received| message(queue, received)).collect()
    }

    async fn extend(&self, message: &mut Message, visibility: Duration) -> Result<()> {
        check_time(&message.queue, visibility, Duration::ZERO)?;
        let client = self.client(&message.queue)?;
        let update = client.update_message(&message.id, &message.receipt, seconds(visibility), None);
        let answer = within(&name(message), update).await.map_err(|error| gone(message, error))?;
        let receipt =
            answer.headers().get_optional_str(&RECEIPT).ok_or_else(|| incomplete(&message.queue))?;
        message.receipt = receipt.to_owned();
        Ok(())
    }

    async fn delete(&self, message: Message) -> Result<()> {
        let client = self.client(&message.queue)?;
        let delete = client.delete_message(&message.id, &message.receipt, None);
        within(&name(&message), delete).await.map(drop).map_err(|error| gone(&message, error))
    }

    async fn len(&self, queue: &str) -> Result<u64> {
        let count =
            async |client: QueueClient| client.get_properties(None).await?.approximate_messages_count();
        self.with(queue, count).await.map(|count| count.unwrap_or_default().unsigned_abs())
    }
}

fn seconds(time: Duration) -> i32 {
    whole_seconds(time).cast_signed()
}

fn name(message: &Message) -> String {
    format!("message {} of {}", message.id, message.queue)
}

/// A queue that is gone took its messages with it.
fn gone(message: &Message, error: Error) -> Error {
    match code_of(&error) {
        "QueueNotFound" => {
            Error::new(Kind::Gone, format!("{}: the queue is gone", name(message))).because(error)
        }
        _ => error,
    }
}

fn message(queue: &str, received: ReceivedMessage) -> Result<Message> {
    let text = received.message_text.unwrap_or_default();
    let (Some(id), Some(receipt)) = (received.message_id, received.pop_receipt) else {
        return Err(incomplete(queue));
    };
    let inserted = received.insertion_time.map_or(0, OffsetDateTime::unix_timestamp);
    Ok(Message {
        queue: queue.to_owned(),
        id,
        receipt,
        dequeue_count: received.dequeue_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(u32::MAX),
        inserted: DateTime::from_timestamp_secs(inserted).unwrap_or_default(),
        // What somebody put there as plain text is handed on as it is.
        bytes: STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes()).into(),
    })
}

fn incomplete(queue: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        format!("{queue}: Azure's answer has no message id or receipt; try again later"),
    )
}
