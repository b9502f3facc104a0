//! The methods that the sandbox knows: each plays one way a payment can go.

/// What the sandbox does when an intent is paid by a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Play {
    /// The money is there.
    Succeed,
    /// The card is refused, for this reason.
    Decline(String),
    /// The payer must prove who they are, and confirms once more.
    Challenge,
    /// It takes a while, and ends like this: `None` for success.
    Slowly(Option<String>),
    /// Nobody answers, and nothing happens.
    Away,
    /// The money is there, and nobody says so.
    SilentSuccess,
}

/// What the provider tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Each event once, at once.
    Once,
    /// A while later.
    Late,
    /// Each event twice.
    Twice,
    /// The last event first, and an old failure at last.
    Shuffled,
    /// Nothing, until somebody asks.
    Never,
}

/// How a method is played; `None` for one that is not known.
pub(super) fn play(method: &str) -> Option<(Play, Telling)> {
    let once = |play| Some((play, Telling::Once));
    if let Some(reason) = method.strip_prefix("tok_declined_") {
        let is_reason =
            !reason.is_empty() && reason.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        return is_reason.then(|| (Play::Decline(reason.to_owned()), Telling::Once));
    }
    match method {
        "tok_success" | "tok_3ds_passed" => once(Play::Succeed),
        "tok_3ds" => once(Play::Challenge),
        "tok_3ds_failed" => once(Play::Decline("authentication_required".to_owned())),
        "tok_slow" => once(Play::Slowly(None)),
        "tok_slow_declined" => once(Play::Slowly(Some("card_declined".to_owned()))),
        "tok_unavailable" => once(Play::Away),
        "tok_lost_answer" => once(Play::SilentSuccess),
        "tok_late_events" => Some((Play::Succeed, Telling::Late)),
        "tok_repeated_events" => Some((Play::Succeed, Telling::Twice)),
        "tok_shuffled_events" => Some((Play::Succeed, Telling::Shuffled)),
        "tok_missed_events" => Some((Play::Succeed, Telling::Never)),
        _ => None,
    }
}
