//! What buyers say, by the stars they give, and what sellers answer.

/// First sentences for 1 to 5 stars; `{item}` is the item in small letters.
pub(in crate::seed) const OPENINGS: [&[&str]; 5] = [
    &[
        "I am sorry to say that the {item} went straight back.",
        "Broke in the second week.",
        "Not what was described.",
        "I expected much more from a {item} at this price.",
    ],
    &[
        "The idea is good, the making is not.",
        "Looks nice, but I would not buy this {item} again.",
        "Disappointed on the whole.",
        "It does its job, just not very well.",
    ],
    &[
        "A decent {item}, no more and no less.",
        "Does what it should, with a few quirks.",
        "Neither thrilled nor annoyed.",
        "All right for the price.",
    ],
    &[
        "A really good {item} with one small flaw.",
        "Very happy with it so far.",
        "Better than I expected.",
        "Solid quality, I would buy it again.",
    ],
    &[
        "The best {item} I have owned.",
        "Exactly what I was looking for.",
        "I have bought a second one for my sister.",
        "Wonderful, and worth every cent.",
        "After three months of daily use I have nothing to complain about.",
        "Arrived quickly and looks even better than in the pictures.",
    ],
];

/// Sentences that give a reason, for 1 to 5 stars.
pub(in crate::seed) const REASONS: [&[&str]; 5] = [
    &[
        "One part was missing and nobody answered for a week.",
        "The finish came off after the first cleaning.",
        "It smelled of chemicals for days.",
        "The colour has little to do with the pictures.",
    ],
    &[
        "The edges are sharp and the instructions useless.",
        "It already shows wear after a month.",
        "Smaller than the numbers made me think.",
        "The packaging was better than what was inside.",
    ],
    &[
        "The material is fine, the details could be neater.",
        "Delivery took longer than promised.",
        "It took me an hour to set up.",
        "The size is right, the colour a little dull.",
    ],
    &[
        "Only the packaging could be smaller.",
        "Setting it up was easy, the manual was not.",
        "The colour is a touch darker than shown, which I like.",
        "One star less for the delivery, not for the product.",
    ],
    &[
        "The workmanship is excellent down to the last detail.",
        "It feels sturdy and looks elegant.",
        "Everybody who visits asks where I got it.",
        "The seller answered my question within an hour.",
        "You notice that somebody thought about it.",
        "It has become the thing I use most every day.",
    ],
];

/// Last sentences for 1 to 5 stars.
pub(in crate::seed) const CLOSINGS: [&[&str]; 5] = [
    &["I can't recommend it.", "The refund at least was quick.", "Stay away."],
    &["I would look at others first.", "Maybe the next version is better."],
    &["You could do worse.", "Fine if it is on sale.", "I am keeping it."],
    &["Recommended.", "I would choose it again.", "Good value."],
    &[
        "Highly recommended!",
        "Thank you!",
        "Five stars without hesitation.",
        "I would buy it again at once.",
    ],
];

/// Sellers' answers: to one or two stars, and to all others.
pub(in crate::seed) const REPLIES: [&[&str]; 2] = [
    &[
        "We are sorry about this. Please write to us, and we will make it right.",
        "Thank you for telling us: we have spoken with the workshop and are sending you a new one.",
        "That should not happen. Your refund is on its way.",
    ],
    &[
        "Thank you for taking the time to write. Enjoy it!",
        "That makes the whole workshop happy, thank you.",
        "Thank you! We have passed your remark on.",
    ],
];
