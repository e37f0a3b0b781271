//! Which remote pictures are asked for, and how large: what is drawn decides, nothing else.

use std::collections::BTreeMap;

use crate::protocol::{VideoView, ViewSource};

/// What is wanted of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nobody draws it: the SFU stops sending.
    Paused,
    /// It is so new that nobody could ask for it yet, or that a change of layer would hold up its first pictures: it flows as it comes.
    Fresh,
    /// Drawn at this size, the largest of its views.
    Shown { width: u32, height: u32 },
}

/// The demand for each track, by sid; `fresh` are those subscribed a moment ago.
pub(crate) fn demands<'a>(
    views: &[VideoView],
    tracks: impl IntoIterator<Item = (&'a str, bool)>,
) -> BTreeMap<String, Demand> {
    tracks.into_iter().map(|(sid, fresh)| (sid.to_owned(), demand(views, sid, fresh))).collect()
}

fn demand(views: &[VideoView], track: &str, fresh: bool) -> Demand {
    let sizes = views.iter().filter_map(|view| match &view.source {
        ViewSource::Track { sid } if sid == track => Some((view.width, view.height)),
        _ => None,
    });
    match sizes.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1))) {
        _ if fresh => Demand::Fresh,
        Some((width, height)) => Demand::Shown { width, height },
        None => Demand::Paused,
    }
}

/// What must be told to the SFU to get from one state to the other.
pub(crate) fn changes(before: &BTreeMap<String, Demand>, after: &BTreeMap<String, Demand>) -> Vec<(String, Demand)> {
    after
        .iter()
        .filter(|(sid, demand)| before.get(*sid) != Some(demand))
        .map(|(sid, demand)| (sid.clone(), *demand))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(view: u32, sid: &str, width: u32, height: u32) -> VideoView {
        VideoView { view, source: ViewSource::Track { sid: sid.into() }, width, height }
    }

    #[test]
    fn a_track_is_shown_at_the_size_of_its_largest_view_and_paused_without_one() {
        let local = VideoView { view: 9, source: ViewSource::LocalCamera, width: 99, height: 99 };
        let views = [view(1, "TR_a", 320, 180), view(2, "TR_a", 200, 300), local];
        let asked = demands(&views, [("TR_a", true)]);
        assert_eq!(asked["TR_a"], Demand::Fresh, "also one that is shown");
        let demands = demands(&views, [("TR_a", false), ("TR_b", false), ("TR_c", true)]);
        assert_eq!(demands["TR_a"], Demand::Shown { width: 320, height: 300 });
        assert_eq!(demands["TR_b"], Demand::Paused);
        assert_eq!(demands["TR_c"], Demand::Fresh);
    }

    #[test]
    fn only_what_changed_is_told() {
        let views = [view(1, "TR_a", 320, 180)];
        let tracks = [("TR_a", false), ("TR_b", false)];
        let first = demands(&views, tracks);
        assert_eq!(changes(&BTreeMap::new(), &first).len(), 2);
        assert_eq!(changes(&first, &demands(&views, tracks)), []);
        let larger = demands(&[view(1, "TR_a", 640, 360), view(2, "TR_b", 100, 100)], tracks);
        assert_eq!(
            changes(&first, &larger),
            [
                ("TR_a".to_owned(), Demand::Shown { width: 640, height: 360 }),
                ("TR_b".to_owned(), Demand::Shown { width: 100, height: 100 })
            ]
        );
        assert_eq!(changes(&larger, &demands(&[], tracks)).len(), 2, "both are paused");
    }
}
