//! Jackets, shoes, bags, watches.

use super::{Department, Shelf, item};

pub(super) const DEPARTMENT: Department = Department {
    slug: "fashion",
    name: "Fashion",
    shelves: [
        Shelf {
            slug: "jackets",
            name: "Jackets",
            items: &[
                item("Rain Jacket", (79, 299), (350, 700)),
                item("Wool Coat", (149, 549), (1_100, 1_900)),
                item("Denim Jacket", (69, 189), (700, 1_100)),
                item("Down Jacket", (119, 449), (380, 900)),
                item("Overshirt", (59, 169), (400, 750)),
            ],
            styles: &["Waxed", "Lightweight", "Recycled", "Quilted", "Hooded", "Tailored", "Insulated"],
            details: &["for Women", "for Men", "Unisex", "Packable"],
            option: ("Size", &["S", "M", "L", "XL"]),
            attributes: &[
                ("Shell", &["Organic cotton", "Recycled nylon", "Merino"]),
                ("Lining", &["None", "Cupro", "Fleece"]),
                ("Colour", &["Navy", "Olive", "Rust", "Black"]),
            ],
            openings: &[
                "A {item} for the weather between two seasons.",
                "This {item} keeps rain out and lets you breathe.",
                "A {item} cut wide enough for a jumper and slim enough for the city.",
                "Quiet colours, strong seams: a {item} that does not follow fashion.",
            ],
            middles: &[
                "Two inside pockets hold phone, keys and a paperback.",
                "The zip runs both ways, which is good on a bicycle.",
                "Buttons are sewn on with a shank and a spare is inside.",
                "The cuffs close snugly over gloves.",
                "We repair it free of charge for three years.",
            ],
        },
        Shelf {
            slug: "shoes",
            name: "Shoes",
            items: &[
                item("Sneakers", (59, 189), (550, 900)),
                item("Chelsea Boots", (99, 319), (900, 1_400)),
                item("Running Shoes", (79, 219), (400, 650)),
                item("Loafers", (79, 249), (600, 950)),
                item("Hiking Boots", (119, 329), (950, 1_600)),
            ],
            styles: &["Leather", "Canvas", "Suede", "Waterproof", "Knitted", "Handmade", "Cushioned"],
            details: &["Wide Fit", "Low", "High", "with Zip"],
            option: ("Size", &["37", "39", "41", "43", "45"]),
            attributes: &[
                ("Sole", &["Natural rubber", "Vibram", "Crepe"]),
                ("Upper", &["Full-grain leather", "Recycled polyester", "Organic canvas"]),
                ("Colour", &["White", "Black", "Cognac"]),
            ],
            openings: &[
                "A pair of {item} that needs no breaking in.",
                "These {item} carry you through museums and muddy parks.",
                "A pair of {item} that can be resoled, and is worth it.",
                "Light, quiet and soft underfoot: {item} for long days.",
            ],
            middles: &[
                "The insole comes out and dries overnight.",
                "The last leaves toes the room that they need.",
                "They run true to size; between two, take the larger.",
                "The leather is tanned with bark and ages beautifully.",
                "Two pairs of laces come with them.",
            ],
        },
        Shelf {
            slug: "bags",
            name: "Bags",
            items: &[
                item("Messenger Bag", (59, 249), (700, 1_400)),
                item("Tote Bag", (19, 129), (200, 700)),
                item("Weekender", (79, 349), (1_000, 2_100)),
                item("Laptop Sleeve", (24, 89), (150, 380)),
                item("Shoulder Bag", (49, 289), (350, 900)),
            ],
            styles: &["Canvas", "Leather", "Waxed Cotton", "Recycled", "Felt", "Roll-Top", "Minimal"],
            details: &["Small", "Large", "with Strap", "with Zip"],
            option: ("Colour", &["Black", "Cognac", "Navy", "Sand"]),
            attributes: &[
                ("Closure", &["Zip", "Magnet", "Roll-top"]),
                ("Lining", &["Cotton", "Recycled polyester"]),
                ("Laptop", &["Up to 13 inch", "Up to 16 inch", "No compartment"]),
            ],
            openings: &[
                "A {item} that swallows more than it shows.",
                "This {item} stands by itself when you put it down.",
                "A {item} that looks better after five years than after five days.",
                "Made from sailcloth and good leather, this {item} fears no rain.",
            ],
            middles: &[
                "A bright lining makes it easy to find your keys.",
                "The padded compartment takes a laptop up to 16 inches.",
                "The strap adjusts with one hand.",
                "All metal parts are brass and can be replaced.",
                "It counts as hand luggage with every airline.",
            ],
        },
        Shelf {
            slug: "watches",
            name: "Watches",
            items: &[
                item("Automatic Watch", (189, 1_249), (60, 140)),
                item("Quartz Watch", (59, 289), (35, 90)),
                item("Field Watch", (89, 449), (45, 100)),
                item("Diver's Watch", (149, 999), (90, 180)),
                item("Smartwatch", (129, 499), (30, 70)),
            ],
            styles: &["Steel", "Titanium", "Bauhaus", "Solar", "Vintage", "Slim", "Matte"],
            details: &["36 mm", "38 mm", "40 mm", "42 mm"],
            option: ("Strap", &["Leather", "Steel", "Textile"]),
            attributes: &[
                ("Glass", &["Sapphire", "Mineral", "Domed acrylic"]),
                ("Water resistance", &["5 bar", "10 bar", "20 bar"]),
                ("Dial", &["White", "Black", "Blue"]),
            ],
            openings: &[
                "A {item} that tells the time and otherwise keeps still.",
                "This {item} slips under a shirt cuff.",
                "A {item} with a dial you can read at night and without glasses.",
                "Seen from behind, this {item} shows how it works.",
            ],
            middles: &[
                "The strap changes without tools.",
                "It is regulated to within ten seconds a day.",
                "The crown screws down and keeps water out.",
                "It is serviced in our own workshop.",
                "The numerals glow until the morning.",
            ],
        },
    ],
};
