//! Data messages, which are for programs and not for people: WAP pushes are joined and looked into, the rest is refused.
//!
//! Parts that wait for others do so in RAM, and their messages on the SIM. Time is counted by this machine's running, not by its
//! clock.

use std::time::Duration;

use super::holdings::Piece;
use super::mms::Notification;
use crate::decode::{self, Body, Deliver, PUSH_PORT, Reassembly, Whole, decode_push};

/// A part that waits longer for the others is given up.
const PARTS_WAIT: Duration = Duration::from_secs(6 * 60 * 60);

/// The parts that wait.
#[derive(Default)]
pub struct Pushes(Reassembly<Piece>);

/// What became of a part.
pub enum Pushed {
    /// It waits.
    Held,
    /// A multimedia message waits at the network: its parts here, and what they say.
    Mms(Vec<Piece>, Notification),
    /// Something else, in a word.
    Other(Vec<Piece>, &'static str),
}

/// Whether a message is for a program.
pub fn is_data(deliver: &Deliver) -> bool {
    deliver.ports.is_some() || matches!(deliver.body, Body::Data(_))
}

impl Pushes {
    pub fn push(&mut self, deliver: Deliver, piece: Piece) -> Pushed {
        match self.0.push(deliver, piece) {
            decode::Pushed::Held => Pushed::Held,
            decode::Pushed::Full(piece) => {
                Pushed::Other(vec![piece], "a part of data, of which too much waits")
            }
            decode::Pushed::Whole(whole) => look_into(whole),
        }
    }

    /// What has waited too long; where there is no room, the oldest too.
    pub fn give_up(&mut self, for_room: bool) -> Vec<Piece> {
        let mut given_up = self.0.give_up_held(PARTS_WAIT);
        if for_room {
            given_up.extend(self.0.give_up_oldest(|_| true));
        }
        given_up
            .into_iter()
            .flat_map(|whole| whole.tokens)
            .collect()
    }
}

fn look_into(whole: Whole<Piece>) -> Pushed {
    let Whole { message, tokens } = whole;
    let is_push = message
        .ports
        .is_some_and(|ports| ports.destination == PUSH_PORT);
    let reason = match &message.body {
        Body::Data(data) if is_push => match decode_push(data) {
            Ok(Some(mms)) if mms.message_type == "m-notification-ind" => {
                let sent_at = message.scts.map(|scts| scts.timestamp());
                return Pushed::Mms(tokens, Notification::new(mms, sent_at));
            }
            Ok(Some(_)) => "a push about a multimedia message that was sent",
            Ok(None) => "a WAP push that is not about a multimedia message",
            Err(_) => "a WAP push that cannot be read",
        },
        Body::Data(_) => "data for a program",
        Body::Text(_) => "a text for a program",
    };
    Pushed::Other(tokens, reason)
}
