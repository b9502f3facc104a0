//! Desks, office chairs, lamps, stationery.

use super::{Department, Shelf, item};

pub(super) const DEPARTMENT: Department = Department {
    slug: "office",
    name: "Office",
    shelves: [
        Shelf {
            slug: "desks",
            name: "Desks",
            items: &[
                item("Standing Desk", (349, 1_149), (28_000, 52_000)),
                item("Writing Desk", (189, 749), (16_000, 34_000)),
                item("Corner Desk", (259, 849), (30_000, 48_000)),
                item("Desk Converter", (119, 329), (9_000, 17_000)),
                item("Folding Desk", (89, 249), (8_000, 15_000)),
            ],
            styles: &["Walnut", "Oak", "Bamboo", "Birch", "Beech", "Linoleum-Top", "Ash"],
            details: &["120 cm", "140 cm", "160 cm", "180 cm", "with Drawer"],
            option: ("Frame", &["Black", "White", "Raw steel"]),
            attributes: &[
                ("Surface", &["Oiled", "Matte lacquer", "Waxed"]),
                ("Height", &["62 to 127 cm", "74 cm", "70 to 118 cm"]),
                ("Load", &["60 kg", "80 kg", "120 kg"]),
            ],
            openings: &[
                "A {item} that stands as still at its highest as at its lowest.",
                "The top of this {item} is cut from one plank and finished by hand.",
                "A {item} for rooms that are an office only from nine to five.",
                "This {item} gives two screens, a lamp and your elbows the space they need.",
            ],
            middles: &[
                "A tray under the top swallows cables and power supplies.",
                "Four heights can be stored, and the motor is quieter than a conversation.",
                "It is put together in half an hour with the key in the box.",
                "The edges are rounded where your arms rest.",
                "Felt feet protect wooden floors.",
            ],
        },
        Shelf {
            slug: "office-chairs",
            name: "Office Chairs",
            items: &[
                item("Office Chair", (159, 749), (12_000, 22_000)),
                item("Ergonomic Chair", (249, 1_049), (15_000, 25_000)),
                item("Kneeling Chair", (119, 299), (6_000, 10_000)),
                item("Saddle Stool", (99, 349), (7_000, 12_000)),
                item("Conference Chair", (129, 429), (8_000, 14_000)),
            ],
            styles: &["Mesh", "Leather", "Wool", "High-Back", "Swivel", "Compact", "Balance"],
            details: &["with Headrest", "with Armrests", "without Castors", "XL"],
            option: ("Colour", &["Anthracite", "Light grey", "Petrol", "Rust"]),
            attributes: &[
                ("Seat height", &["42 to 52 cm", "45 to 58 cm", "48 to 62 cm"]),
                ("Castors", &["Hard floors", "Carpets", "Glides"]),
                ("Load", &["110 kg", "130 kg", "150 kg"]),
            ],
            openings: &[
                "A {item} that follows you when you lean back and holds you when you work.",
                "This {item} supports the small of the back without pressing.",
                "A {item} that still looks good when the video call is on.",
                "Eight hours in this {item} feel like four.",
            ],
            middles: &[
                "Seat depth, armrests and lumbar support adjust without tools.",
                "The cover breathes and can be washed.",
                "The mechanism is guaranteed for five years of daily use.",
                "It comes in one piece; only the base is pushed in.",
                "The gas lift is tested to 120,000 movements.",
            ],
        },
        Shelf {
            slug: "lamps",
            name: "Lamps",
            items: &[
                item("Desk Lamp", (39, 259), (900, 2_400)),
                item("Floor Lamp", (79, 429), (3_000, 8_500)),
                item("Clamp Lamp", (29, 149), (600, 1_500)),
                item("Monitor Light", (39, 119), (350, 700)),
                item("Pendant Lamp", (59, 389), (1_100, 4_200)),
            ],
            styles: &["Brass", "Dimmable", "Paper", "Opal Glass", "Aluminium", "Architect", "Cordless"],
            details: &["LED", "2700 K", "with Timer", "with Dimmer"],
            option: ("Colour", &["Black", "White", "Olive", "Brass"]),
            attributes: &[
                ("Socket", &["E27", "E14", "Built-in LED"]),
                ("Light", &["2700 K", "3000 K", "2700 to 5000 K"]),
                ("Cable", &["Textile, 2 m", "USB-C, 1.5 m", "3 m"]),
            ],
            openings: &[
                "A {item} that lights the page and not the eyes.",
                "This {item} goes from candlelight to daylight in one turn.",
                "A {item} whose joints stay where you put them, for decades.",
                "Drawn in the nineteen-fifties and hardly changed since: a {item} without fuss.",
            ],
            middles: &[
                "It remembers the brightness you used last.",
                "The shade is spun from a single sheet and powder-coated.",
                "The bulb can be replaced, as it should be.",
                "It flickers neither for eyes nor for cameras.",
                "The foot is heavy enough to stand anywhere.",
            ],
        },
        Shelf {
            slug: "stationery",
            name: "Stationery",
            items: &[
                item("Notebook", (6, 29), (120, 480)),
                item("Fountain Pen", (24, 189), (15, 40)),
                item("Desk Organiser", (14, 69), (250, 1_300)),
                item("Weekly Planner", (9, 34), (180, 500)),
                item("Pencil Set", (8, 49), (60, 260)),
            ],
            styles: &["Linen", "Recycled", "Dotted", "Cork", "Refillable", "Pocket", "Leather-Bound"],
            details: &["Set of 2", "in Gift Box", "Limited Edition", "Classic"],
            option: ("Colour", &["Ink blue", "Terracotta", "Moss", "Charcoal"]),
            attributes: &[
                ("Paper", &["90 g/m²", "100 g/m²", "120 g/m²"]),
                ("Pages", &["96", "144", "240"]),
                ("Binding", &["Thread", "Spiral", "Glued"]),
            ],
            openings: &[
                "A {item} that makes lists a pleasure.",
                "This {item} lies flat from the first page to the last.",
                "A {item} for thoughts that do not belong on a screen.",
                "Simple, sturdy and pleasant to the touch: a {item} for every day.",
            ],
            middles: &[
                "The paper takes ink without letting it through.",
                "Numbered pages and a contents page help you find things again.",
                "Refills fit all models of the series.",
                "It is made in a family workshop from certified wood and paper.",
                "An elastic band keeps loose sheets in place.",
            ],
        },
    ],
};
