//! The ring window: small, above the others, takes no focus. Native GTK on Linux, a webview elsewhere.

#[cfg(target_os = "linux")]
mod gtk;
#[cfg(not(target_os = "linux"))]
mod webview;

use call_model::CallType;
use call_session::view::Ring;

#[cfg(target_os = "linux")]
pub(crate) use self::gtk::follow;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::webview::follow;

/// How many colours people without a picture are drawn in; the same as in the main window (`ui/src/lib/format.ts`).
const COLOURS: u32 = 8;

/// What a ring says to a person, wherever it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// The window's title: what a screen reader says first.
    pub(crate) title: String,
    /// Who calls.
    pub(crate) name: String,
    /// What kind of call, and where.
    pub(crate) detail: String,
    /// Two letters.
    pub(crate) initials: String,
    /// Which of [`COLOURS`]; the same for the same person.
    pub(crate) colour: u32,
}

impl Face {
    /// Of a ring.
    pub(crate) fn of(ring: &Ring) -> Self {
        let name = ring.caller.display_name.clone();
        let kind = match ring.call_type {
            CallType::Audio => "Incoming call",
            CallType::Video => "Incoming video call",
        };
        let detail = if ring.is_direct { kind.to_owned() } else { format!("{kind} in {}", ring.room_name) };
        let colour =
            ring.caller.participant_id.as_str().bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        Self { title: format!("{kind} from {name}"), initials: initials(&name), colour: colour % COLOURS, name, detail }
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use call_model::UnixMillis;
    use call_session::view::Person;

    use super::*;

    fn ring(is_direct: bool) -> Ring {
        Ring {
            call_id: "call-1".into(),
            room_id: "room-1".into(),
            room_name: "Team".into(),
            is_direct,
            caller: Person { participant_id: "p-1".into(), display_name: "Bob Stone".into() },
            call_type: CallType::Video,
            expires_at: UnixMillis(0),
            audible: true,
            pops_up: true,
            ends_current_call: false,
        }
    }

    #[test]
    fn a_ring_names_caller_kind_and_room() {
        let group = Face::of(&ring(false));
        assert_eq!(group.title, "Incoming video call from Bob Stone");
        assert_eq!(group.detail, "Incoming video call in Team");
        assert_eq!(Face::of(&ring(true)).detail, "Incoming video call");
        assert!(group.colour < COLOURS);
    }

    #[test]
    fn initials_come_from_any_name() {
        for (name, expected) in
            [("Bob Stone", "BS"), ("bob", "B"), ("Ana (sales) de Souza", "AS"), ("ß x", "SSX"), ("  ", "")]
        {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
