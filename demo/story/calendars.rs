//! The second act: the room's calendar and the customers arrive in ten mailboxes.

use anyhow::{Context, Result};
use chrono::NaiveDate;
use demo::api::field;
use demo::truth::entry::entry;
use demo::truth::{contacts_in, events};
use serde_json::{Value, json};
use uuid::Uuid;

use super::office::{CUSTOMERS, Office, ROOM, later, next_monday, time};
use super::sight::Sight;
use super::{Play, Scene};

impl Play<'_> {
    /// Plays it.
    pub(super) async fn second_act(&mut self) -> Result<()> {
        let monday = next_monday(self.stage.now().date_naive());
        let office = Office::open(self.stage, monday).await?;
        self.teller.line(&format!(
            "\nSecond act. A room's calendar and a list of customers that sales keeps, for {} colleagues.",
            office.colleagues.len()
        ));
        let series = self.event_of(office.room, "Calendar", "Weekly stand-up");
        let occurrence = |week: u64| format!("OID.{series}.{}", later(monday, 7 * week));
        let moved =
            json!({ "start": time(later(monday, 8), "14:00"), "end": time(later(monday, 8), "14:30") });
        self.stage.simulator.user_edits_event(office.room, &occurrence(1), moved)?;
        self.stage.simulator.user_deletes_event(office.room, &occurrence(3))?;
        self.calendar_first(&office).await?;
        self.calendar_unchanged(&office).await?;
        let sight = self.two_way_edit(&office, monday).await?;
        self.two_way_conflict(&office, sight).await
    }

    async fn calendar_first(&mut self, office: &Office) -> Result<()> {
        let sight = Sight::of(self.stage, office)?;
        let items = sight.events.len() + sight.contacts.len();
        let most = (items * office.colleagues.len()) as u64;
        let text = "Single events, whole days, a series with a moved and a cancelled occurrence, a private event of which \
                    only the time may be seen, a meeting whose people and link become text.";
        self.see("calendar-first", text, most, office, &sight).await
    }

    async fn calendar_unchanged(&mut self, office: &Office) -> Result<()> {
        let sight = Sight::of(self.stage, office)?;
        self.see("calendar-unchanged", "Nothing changed: nothing is written.", 0, office, &sight).await
    }

    /// What the assistant does in his own mailbox: another time, another number, an event of his own.
    async fn two_way_edit(&mut self, office: &Office, monday: NaiveDate) -> Result<Sight> {
        let (assistant, simulator) = (office.assistant()?, &self.stage.simulator);
        let mut sight = Sight::of(self.stage, office)?;
        let day = later(monday, 1);
        let moved = json!({ "start": time(day, "13:00"), "end": time(day, "14:30") });
        simulator.user_edits_event(
            assistant,
            &self.event_of(assistant, ROOM, "Board meeting"),
            moved.clone(),
        )?;
        sight.change_event("Board meeting", &moved);
        let made = json!({ "subject": "Lunch with the auditors", "start": time(day, "12:00"), "end": time(day, "13:00") });
        simulator.user_creates_event(assistant, ROOM, made)?;
        let all = events::calendar(simulator, assistant, ROOM);
        let made = all.iter().filter(|event| *field(event, "subject") == json!("Lunch with the auditors"));
        sight.events.extend(made.map(entry));
        let number = json!({ "mobilePhone": "+41 79 5550999" });
        simulator.user_edits_contact(assistant, &self.contact_of(assistant, "Oskar Blum"), number.clone())?;
        sight.change_contact("Oskar Blum", &number);
        let text = "The assistant moves the board meeting, adds a lunch and corrects a customer's number in her own Outlook: \
                    all others get it.";
        self.see("two-way-edit", text, 0, office, &sight).await?;
        Ok(sight)
    }

    /// The assistant and whoever books the room change the same title; then the one that lost is brought back.
    async fn two_way_conflict(&mut self, office: &Office, mut sight: Sight) -> Result<()> {
        const BEFORE: &str = "Customer call";
        let (assistant, simulator) = (office.assistant()?, &self.stage.simulator);
        let title = |title: &str| json!({ "subject": title });
        let (theirs, hers) = (title("Customer call with Ida Vale"), title("Customer call, please be early"));
        simulator.user_edits_event(assistant, &self.event_of(assistant, ROOM, BEFORE), hers.clone())?;
        simulator.user_edits_event(
            office.room,
            &self.event_of(office.room, "Calendar", BEFORE),
            theirs.clone(),
        )?;
        sight.change_event(BEFORE, &theirs);
        let text = "The assistant and the room's own calendar change the same title: the hub's rule names the winner, and what \
                    lost is kept.";
        self.see("two-way-conflict", text, 0, office, &sight).await?;
        let rulings = office.room_hub.rulings().await?;
        let is_refused = |ruling: &&Value| *field(ruling, "ruling") == json!("refused");
        let ruling = rulings.iter().find(is_refused).context("the hub says nothing of the conflict")?;
        let said = |name: &str| field(ruling, name).as_str().unwrap_or_default().to_owned();
        let lost = field(ruling, "lost").as_str().unwrap_or_default();
        for line in [
            format!("refused: {} of {}: {}", said("field"), said("key"), said("why")),
            format!("it lost: {lost}"),
            format!("to bring it back: POST {}", office.room_hub.restore_url(ruling)),
        ] {
            self.teller.line(&format!("  {line}"));
        }
        office.room_hub.restore(ruling).await?;
        self.stage.settle().await?;
        sight.change_event("Customer call with Ida Vale", &hers);
        let wrong = sight.mismatches(self.stage, office, self.teller);
        self.teller
            .line(&format!("Brought back: every colleague sees the assistant's title; {wrong} differences."));
        anyhow::ensure!(wrong == 0, "after the title was brought back {wrong} differences remain");
        Ok(())
    }

    /// Runs both hubs, and compares what every colleague sees.
    async fn see(
        &mut self,
        name: &'static str,
        text: &str,
        most: u64,
        office: &Office,
        sight: &Sight,
    ) -> Result<()> {
        let (stage, teller) = (self.stage, self.teller);
        let scene = Scene { name, text, most, hubs: &office.hubs() };
        self.step(scene, || sight.mismatches(stage, office, teller)).await
    }

    /// The id of the customer of that name in a user's mailbox; nothing if there is none.
    fn contact_of(&self, user: Uuid, name: &str) -> String {
        let all = contacts_in(&self.stage.simulator, user, CUSTOMERS);
        let of_name = |contact: &&Value| *field(contact, "displayName") == json!(name);
        let found = all.iter().find(of_name).and_then(|contact| field(contact, "id").as_str());
        found.unwrap_or_default().to_owned()
    }

    /// The id of the event of that title in a user's calendar; nothing if there is none.
    fn event_of(&self, user: Uuid, calendar: &str, title: &str) -> String {
        let all = events::calendar(&self.stage.simulator, user, calendar);
        let of_title = |event: &&Value| *field(event, "subject") == json!(title);
        let found = all.iter().find(of_title).and_then(|event| field(event, "id").as_str());
        found.unwrap_or_default().to_owned()
    }
}
