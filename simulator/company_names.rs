//! Names of many scripts for the made up company.

/// Given names and surnames of one language.
pub(crate) struct Names {
    pub(crate) given: &'static [&'static str],
    pub(crate) surnames: &'static [&'static str],
    /// The surname comes first and nothing parts the two.
    pub(crate) together: bool,
}

const fn apart(given: &'static [&'static str], surnames: &'static [&'static str]) -> Names {
    Names { given, surnames, together: false }
}

const fn together(given: &'static [&'static str], surnames: &'static [&'static str]) -> Names {
    Names { given, surnames, together: true }
}

pub(crate) const NAMES: [Names; 18] = [
    apart(
        &["Anna", "Tom", "Grace", "Henry", "Ruth", "Oliver"],
        &["Baker", "O'Neill", "Smith-Jones", "Carter", "D'Arcy"],
    ),
    apart(
        &["Jürgen", "Zoë", "Käthe", "Björn", "Heiß"],
        &["Müller", "Groß", "Öztürk", "Weiß", "von der Höhe"],
    ),
    apart(&["Łukasz", "Żaneta", "Grzegorz", "Małgorzata"], &["Wiśniewski", "Żółkiewska", "Błaszczyk"]),
    apart(&["Čeněk", "Šárka", "Přemysl", "Jiří"], &["Dvořák", "Říha", "Šťastná"]),
    apart(&["İpek", "Çağla", "Ümit", "Işıl"], &["Yıldız", "Şahin", "Gündoğdu"]),
    apart(&["Nguyễn Thị", "Đặng Văn", "Phạm Quốc"], &["Hương", "Đức", "Tuấn"]),
    apart(&["Þóra", "Ægir", "Ólöf"], &["Jónsdóttir", "Guðmundsson"]),
    apart(&["Ελένη", "Γιώργος", "Μαρία"], &["Παπαδοπούλου", "Αγγελόπουλος"]),
    apart(&["Иван", "Ольга", "Дмитрий", "Їжак"], &["Иванов", "Кузнецова", "Щербакова"]),
    apart(&["محمد", "فاطمة", "ليلى"], &["الأحمد", "حداد", "العلي"]),
    apart(&["דוד", "שרה", "נועה"], &["כהן", "לוי", "פרידמן"]),
    together(&["伟", "秀英", "丽华", "建国"], &["王", "李", "欧阳", "陈"]),
    together(&["さくら", "太郎", "ひなた"], &["佐藤", "鈴木", "高橋"]),
    together(&["ミナ", "ケンジ"], &["タナカ", "ヤマモト"]),
    together(&["민준", "서연", "지우"], &["김", "이", "박"]),
    apart(&["अर्जुन", "प्रिया", "सुनीता"], &["शर्मा", "वर्मा", "पटेल"]),
    apart(&["สมชาย", "มาลี", "กมล"], &["ใจดี", "ศรีสุข"]),
    apart(&["თამარ", "გიორგი", "Անահիտ"], &["ბერიძე", "კაპანაძე", "Պետրոսյան"]),
];

pub(crate) const TITLES: [&str; 8] = [
    "Engineer",
    "Buyer",
    "Accountant",
    "Head of Sales",
    "Künstlerische Leitung",
    "工程师",
    "Менеджер",
    "R&D <Lead> \"Tools\"",
];

pub(crate) const DEPARTMENTS: [&str; 5] = ["Sales", "Engineering", "Finance", "Human Resources", "Værksted"];

pub(crate) const CITIES: [(&str, &str, &str); 6] = [
    ("Wien", "AT", "1010"),
    ("Łódź", "PL", "90-001"),
    ("São Paulo", "BR", "01000-000"),
    ("東京", "JP", "100-0001"),
    ("Αθήνα", "GR", "105 57"),
    ("Reykjavík", "IS", "101"),
];
