//! Names that go together, with the places, language and money they go with.

/// People of one part of the world.
pub(crate) struct Culture {
    pub(crate) first: &'static [&'static str],
    pub(crate) last: &'static [&'static str],
    pub(crate) places: &'static [&'static str],
    pub(crate) locale: &'static str,
    /// One of EUR, USD and GBP, in which the demo products have prices.
    pub(crate) currency: &'static str,
}

pub(crate) const CULTURES: &[Culture] = &[
    Culture {
        first: &[
            "Adaeze", "Chidi", "Folake", "Ifeoma", "Kelechi", "Ngozi", "Obinna", "Seun", "Temitope",
            "Tunde", "Uche", "Yetunde", "Zainab", "Emeka",
        ],
        last: &[
            "Achebe", "Adeyemi", "Bello", "Eze", "Ibrahim", "Nwosu", "Obi", "Ogunleye", "Okafor",
            "Okonkwo", "Balogun", "Danjuma", "Olatunji", "Uzor",
        ],
        places: &["Lagos", "Ibadan", "Enugu", "Abuja"],
        locale: "en-NG",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Aarav", "Ananya", "Devika", "Ishaan", "Kavya", "Lakshmi", "Meera", "Nikhil", "Priya",
            "Rohan", "Sanjana", "Tara", "Vikram", "Arjun",
        ],
        last: &[
            "Banerjee",
            "Chatterjee",
            "Deshpande",
            "Gupta",
            "Iyer",
            "Joshi",
            "Kapoor",
            "Menon",
            "Nair",
            "Patel",
            "Rao",
            "Reddy",
            "Sharma",
            "Singh",
        ],
        places: &["Pune", "Bengaluru", "Kochi", "Jaipur", "Kolkata"],
        locale: "en-IN",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Aoi", "Daichi", "Emi", "Haruki", "Hina", "Kaito", "Mai", "Naoko", "Ren", "Sakura", "Sora",
            "Takumi", "Yui", "Yuto",
        ],
        last: &[
            "Fujimoto",
            "Hayashi",
            "Inoue",
            "Ishikawa",
            "Kobayashi",
            "Matsuda",
            "Mori",
            "Nakamura",
            "Ono",
            "Saito",
            "Shimizu",
            "Takahashi",
            "Tanaka",
            "Yamamoto",
        ],
        places: &["Kyoto", "Sapporo", "Kanazawa", "Osaka"],
        locale: "ja-JP",
        currency: "USD",
    },
    Culture {
        first: &[
            "Ana", "Beatriz", "Bruno", "Caio", "Clara", "Davi", "Fernanda", "Heitor", "João", "Larissa",
            "Luísa", "Mateus", "Rafael", "Thaís",
        ],
        last: &[
            "Almeida",
            "Barbosa",
            "Carvalho",
            "Cavalcanti",
            "Costa",
            "Ferreira",
            "Gonçalves",
            "Lima",
            "Moreira",
            "Oliveira",
            "Pereira",
            "Ribeiro",
            "Souza",
            "Teixeira",
        ],
        places: &["Recife", "Belo Horizonte", "Porto Alegre", "São Paulo"],
        locale: "pt-BR",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Anna",
            "Clemens",
            "Elif",
            "Friederike",
            "Hannes",
            "Ida",
            "Jonas",
            "Katharina",
            "Lukas",
            "Merle",
            "Niklas",
            "Sophie",
            "Tobias",
            "Wiebke",
        ],
        last: &[
            "Aydin",
            "Bauer",
            "Brandt",
            "Fischer",
            "Hoffmann",
            "Jäger",
            "Krüger",
            "Lindner",
            "Möller",
            "Schäfer",
            "Schubert",
            "Vogel",
            "Weber",
            "Zimmermann",
        ],
        places: &["Leipzig", "Hamburg", "Freiburg", "Köln"],
        locale: "de-DE",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Amélie", "Baptiste", "Camille", "Élodie", "Hugo", "Inès", "Jules", "Léa", "Mathieu",
            "Nadia", "Océane", "Rémi", "Théo", "Yasmine",
        ],
        last: &[
            "Benali",
            "Bernard",
            "Chevalier",
            "Dubois",
            "Fontaine",
            "Garnier",
            "Lambert",
            "Lefèvre",
            "Marchand",
            "Moreau",
            "Perrin",
            "Rousseau",
            "Traoré",
            "Vidal",
        ],
        places: &["Lyon", "Nantes", "Marseille", "Lille"],
        locale: "fr-FR",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Ailsa",
            "Callum",
            "Charlotte",
            "Dylan",
            "Eleanor",
            "Gareth",
            "Imogen",
            "Isaac",
            "Morag",
            "Oliver",
            "Priyanka",
            "Rhys",
            "Rosie",
            "Theo",
        ],
        last: &[
            "Ashworth", "Bennett", "Campbell", "Davies", "Fletcher", "Hughes", "Khan", "MacLeod",
            "Morgan", "Parker", "Reid", "Thornton", "Walker", "Wright",
        ],
        places: &["Glasgow", "Bristol", "Cardiff", "Leeds"],
        locale: "en-GB",
        currency: "GBP",
    },
    Culture {
        first: &[
            "Alejandra",
            "Camila",
            "Diego",
            "Emiliano",
            "Fernando",
            "Guadalupe",
            "Itzel",
            "Joaquín",
            "Lucía",
            "Mariana",
            "Mateo",
            "Renata",
            "Santiago",
            "Ximena",
        ],
        last: &[
            "Aguilar",
            "Castillo",
            "Cervantes",
            "Delgado",
            "Flores",
            "García",
            "Herrera",
            "Jiménez",
            "Mendoza",
            "Navarro",
            "Ortega",
            "Ramírez",
            "Salazar",
            "Vázquez",
        ],
        places: &["Oaxaca", "Guadalajara", "Mérida", "Puebla"],
        locale: "es-MX",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Astrid", "Elsa", "Freja", "Gustav", "Henrik", "Ingrid", "Johan", "Linnea", "Magnus",
            "Nils", "Oskar", "Saga", "Signe", "Viktor",
        ],
        last: &[
            "Andersson",
            "Bergström",
            "Dahl",
            "Ekström",
            "Forsberg",
            "Hansson",
            "Holm",
            "Lindqvist",
            "Lundgren",
            "Nyström",
            "Sandberg",
            "Sjöberg",
            "Söderlund",
            "Wallin",
        ],
        places: &["Göteborg", "Malmö", "Umeå", "Uppsala"],
        locale: "sv-SE",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Aleksandra",
            "Bartosz",
            "Dorota",
            "Ewa",
            "Filip",
            "Hanna",
            "Jakub",
            "Kasia",
            "Łukasz",
            "Magda",
            "Oliwia",
            "Piotr",
            "Tomasz",
            "Zofia",
        ],
        last: &[
            "Adamczyk",
            "Dąbrowska",
            "Jankowski",
            "Kaczmarek",
            "Kowalczyk",
            "Krawczyk",
            "Lewandowska",
            "Mazur",
            "Nowak",
            "Pawlak",
            "Sikora",
            "Wójcik",
            "Wrona",
            "Zieliński",
        ],
        places: &["Kraków", "Gdańsk", "Wrocław", "Poznań"],
        locale: "pl-PL",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Ayşe", "Burak", "Cem", "Deniz", "Emre", "Elif", "Gökhan", "İpek", "Kerem", "Leyla", "Mert",
            "Selin", "Yusuf", "Zeynep",
        ],
        last: &[
            "Acar", "Aksoy", "Arslan", "Çelik", "Demir", "Doğan", "Kaya", "Kılıç", "Koç", "Öztürk",
            "Polat", "Şahin", "Yıldız", "Yılmaz",
        ],
        places: &["İzmir", "Ankara", "Bursa", "Antalya"],
        locale: "tr-TR",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Amara", "Brandon", "Chloe", "Darnell", "Esther", "Grace", "Isaiah", "Jasmine", "Logan",
            "Maya", "Nathan", "Olivia", "Ruth", "Wyatt",
        ],
        last: &[
            "Begay",
            "Brooks",
            "Carter",
            "Coleman",
            "Foster",
            "Hayes",
            "Jackson",
            "Kowalski",
            "Nguyen",
            "Park",
            "Rivera",
            "Sullivan",
            "Turner",
            "Washington",
        ],
        places: &["Portland", "Asheville", "Detroit", "Santa Fe", "Duluth"],
        locale: "en-US",
        currency: "USD",
    },
    Culture {
        first: &[
            "Bao", "Chau", "Dung", "Hoa", "Huong", "Khanh", "Lan", "Linh", "Mai", "Minh", "Phuong",
            "Quang", "Thao", "Tuan",
        ],
        last: &[
            "Bui", "Dang", "Do", "Hoang", "Huynh", "Le", "Ngo", "Nguyen", "Pham", "Phan", "Tran", "Vo",
        ],
        places: &["Huế", "Đà Nẵng", "Hà Nội", "Hội An"],
        locale: "vi-VN",
        currency: "EUR",
    },
    Culture {
        first: &[
            "Achieng", "Barasa", "Cheptoo", "Juma", "Kamau", "Makena", "Mwangi", "Njeri", "Otieno",
            "Wairimu", "Wambui", "Wanjiru", "Akinyi", "Kiprono",
        ],
        last: &[
            "Chebet", "Kariuki", "Kibet", "Kimani", "Maina", "Mutua", "Ndegwa", "Njoroge", "Ochieng",
            "Odhiambo", "Omondi", "Wafula", "Wekesa", "Muthoni",
        ],
        places: &["Nairobi", "Kisumu", "Mombasa", "Nakuru"],
        locale: "en-KE",
        currency: "EUR",
    },
];

/// The name in letters that a handle may have.
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => plain.push(letter),
            'à' | 'á' | 'â' | 'ã' | 'ą' => plain.push('a'),
            'ä' => plain.push_str("ae"),
            'å' => plain.push('a'),
            'ç' | 'ć' => plain.push('c'),
            'é' | 'è' | 'ê' | 'ę' | 'ë' => plain.push('e'),
            'ğ' => plain.push('g'),
            'í' | 'ı' | 'ï' | 'î' => plain.push('i'),
            'ł' => plain.push('l'),
            'ń' | 'ñ' => plain.push('n'),
            'ó' | 'ô' | 'õ' => plain.push('o'),
            'ö' => plain.push_str("oe"),
            'ş' | 'ś' => plain.push('s'),
            'ú' | 'ù' => plain.push('u'),
            'ü' => plain.push_str("ue"),
            'ź' | 'ż' => plain.push('z'),
            ' ' | '-' | '&' | '’' => plain.push('-'),
            // A combining dot and the like.
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_plain_form_of_its_own_length() {
        for culture in CULTURES {
            for name in culture.first.iter().chain(culture.last) {
                assert!(plain(name).len() >= name.chars().count(), "{name}: {}", plain(name));
            }
        }
        assert_eq!(plain("Łukasz"), "lukasz");
        assert_eq!(plain("İpek"), "ipek");
        assert_eq!(plain("Yıldız"), "yildiz");
    }
}
