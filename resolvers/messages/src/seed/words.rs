//! What people say in the demo data.

pub(super) const QUESTIONS: &[&str] = &[
    "Hi! Is this one still available, and how soon could you ship it?",
    "Hello, could you tell me the exact measurements?",
    "Does it come with a warranty?",
    "Do you ship to Austria?",
    "Is the colour closer to the first or the second photo?",
    "Would you sell two of these together at a lower price?",
    "How easy is it to clean?",
    "Can I send it back if it does not fit?",
];

pub(super) const ANSWERS: &[&str] = &[
    "Thanks for asking! Yes, it is in stock and leaves the next working day.",
    "Hello! Let me measure it again and come back to you this afternoon.",
    "It does: two years, and I answer every claim myself.",
    "We ship there every week, it takes three to four days.",
    "The second photo was taken by daylight, so that one.",
    "For two I could take ten percent off.",
    "A damp cloth is enough, no soap needed.",
    "Of course, within thirty days, no questions asked.",
];

pub(super) const FOLLOW_UPS: &[&str] = &[
    "Great, thank you!",
    "That helps a lot.",
    "Perfect, I will take it then.",
    "Let me think about it over the weekend.",
    "Could you send one more photo?",
    "Sure, give me a minute.",
    "You are welcome. Write again whenever you like.",
    "Sounds good to me.",
];

pub(super) const GROUPS: &[&str] =
    &["Present for Anna", "Office move", "Camping in June", "Kitchen renovation", "Flat 4b"];

pub(super) const EMOJIS: &[&str] = &["👍", "❤️", "😊", "🎉"];
