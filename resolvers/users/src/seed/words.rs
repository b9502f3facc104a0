//! What demo people say about themselves and their shops. `{place}` is where
//! they live.

/// What buyers do; the first sentence of a bio.
pub(crate) const LIVES: &[&str] = &[
    "Nurse on the night shift in {place}, slowly learning to bake bread.",
    "I teach maths in {place} and repair old radios at the weekend.",
    "Landscape gardener from {place}.",
    "Translator, parent of twins, and the person in {place} who still sends postcards.",
    "Cycling every back road around {place}, one puncture at a time.",
    "Student of architecture in {place}.",
    "Retired tram driver from {place} with time for the allotment at last.",
    "Software tester by day, choir bass by night. {place}.",
    "I cook for twelve every Sunday in a kitchen in {place} that was built for two.",
    "Librarian in {place}. Yes, I have read it. No, don't tell me how the film ends.",
    "Vet in {place}; two cats, one dog, and a tortoise that came with the house.",
    "Freelance illustrator living in {place}.",
    "Born by the sea, living in {place}, missing the sea.",
    "I play the double bass and carry it up four flights of stairs in {place}.",
    "Physiotherapist and weekend hiker from {place}.",
    "Electrician in {place}, renovating a house that does not want to be renovated.",
    "I run the community garden behind the station in {place}.",
    "Journalist in {place}, mostly local politics, sometimes football.",
];

/// What buyers look for; the second sentence of a bio.
pub(crate) const LIKES: &[&str] = &[
    "Here for things that last longer than their box.",
    "Always looking for a good teapot.",
    "I read the one-star reviews first.",
    "Happy to wait for something well made.",
    "Mostly buying presents, occasionally for other people.",
    "Fond of wool, wood and anything with a proper hinge.",
    "I buy less than I browse, and my partner says that is still too much.",
    "If it can be mended, I am interested.",
    "Small flat, strict rules: one thing in, one thing out.",
    "I write long reviews because I like to read them.",
    "Collecting nothing, apparently in large numbers.",
];

/// What sellers do; the first sentence of a bio.
pub(crate) const TRADES: &[&str] = &[
    "I run a small shop in {place} and pack every order myself.",
    "Second generation behind the same counter in {place}.",
    "We started on a market stall in {place} and kept the stall.",
    "Two people, one workshop in {place}, and a very long list of ideas.",
    "After ten years in a warehouse I opened my own shop in {place}.",
    "Family business from {place}: my sister does the numbers, I do the talking.",
    "I choose everything in the shop by using it for a month first.",
    "Everything you see here fits on the shelves of one old bakery in {place}.",
    "Buyer for a department store once, shopkeeper in {place} now.",
];

/// What sellers promise; the second sentence of a bio.
pub(crate) const PROMISES: &[&str] = &[
    "Ask me anything before you buy; I answer the same day.",
    "If it breaks, write to us before you throw it away.",
    "We would rather sell you the right thing than the dear one.",
    "Come by if you are in town: there is coffee.",
    "Orders placed before noon leave the same day.",
    "We know the people who make most of what we sell.",
    "No plastic in our parcels since 2021.",
];

/// Shop names around a family name, at `{name}`.
pub(crate) const FAMILY_SHOPS: &[&str] = &[
    "{name} & Daughters",
    "{name} & Sons",
    "{name} Supply",
    "House of {name}",
    "{name} General Store",
    "The {name} Workshop",
    "{name} & Friends",
    "Atelier {name}",
    "{name} Brothers",
];

/// Shop names out of two words: first halves.
pub(crate) const SHOP_FIRST: &[&str] = &[
    "Copper",
    "Northlight",
    "Harbour",
    "Juniper",
    "Blue Door",
    "Paper Lantern",
    "Second Spring",
    "Wild Fennel",
    "Old Mill",
    "Quiet Fox",
    "Saltmarsh",
    "Tall Pine",
    "Marigold",
    "Riverstone",
    "Morning Tram",
    "Little Owl",
    "Clay & Thread",
    "Winter Garden",
    "Brass Button",
    "Open Gate",
];

/// Shop names out of two words: second halves.
pub(crate) const SHOP_SECOND: &[&str] = &[
    "Goods",
    "Supply Co.",
    "Trading Post",
    "Emporium",
    "Collective",
    "Store",
    "Outfitters",
    "Market",
    "Makers",
    "Provisions",
    "Bazaar",
    "Works",
];

/// How shops ship.
pub(crate) const SHIPPING: &[&str] = &[
    "Parcels leave within two working days, tracked.",
    "We ship every weekday before three in the afternoon; you get the tracking number by mail.",
    "Small items travel as letters, everything else as a tracked parcel.",
    "We ship on Mondays and Thursdays so that nothing spends the weekend in a depot.",
    "Made-to-order pieces take one to two weeks; everything in stock leaves the next working day.",
];

/// How shops take things back.
pub(crate) const RETURNS: &[&str] = &[
    "Returns within 30 days, unused and in the original packaging; return postage is on us.",
    "Not happy? Send it back within 14 days of delivery and we refund the price of the item.",
    "We exchange the wrong size free of charge and refund unused items within 30 days.",
    "Returns within 60 days. Used is fine if it did not do what we said it would.",
    "Please write to us before returning anything: most problems can be solved with a spare part.",
];

/// What else shops want to say.
pub(crate) const CARE: &[&str] = &[
    "Damaged on the way? Send a photo within a week and a replacement leaves the same day.",
    "Two years of warranty on everything with a plug or a battery.",
    "Gift wrapping is free: leave a note with your order.",
    "Personalised items cannot be returned.",
    "We repair what we sell at the cost of the parts.",
];
