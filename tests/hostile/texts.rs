//! Words of every odd kind that somebody may want on a mug.

pub fn all() -> Vec<(String, String)> {
    let stacked = format!("a{}", "\u{301}".repeat(2_000));
    let families = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}".repeat(50);
    let long = "A".repeat(10_000);
    let lines = "\n".repeat(5_000);
    let fdfa = "\u{FDFA}".repeat(200);
    let nested = "\u{2067}".repeat(500);
    let all: &[(&str, &str)] = &[
        ("nothing", ""),
        ("spaces", "   \u{A0}\u{2003}\u{3000}"),
        ("a zero", "a\0b"),
        ("controls", "a\u{1}\u{7}\u{8}\u{1B}[31mb\u{7F}\u{85}"),
        ("lines of every kind", "a\rb\nc\r\nd\u{2028}e\u{2029}f\u{B}g\u{C}h"),
        ("tabs", "a\tb"),
        ("marks without letters", "\u{301}\u{302}\u{303}"),
        ("stacked marks", &stacked),
        ("turned right to left", "\u{202E}gnp.exe\u{202C}"),
        ("isolates left open", &nested),
        ("mixed directions", "abc \u{5D0}\u{5D1} 123 \u{627}\u{644} (x)"),
        ("nothing that is seen", "\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{AD}"),
        ("selectors alone", "\u{FE0F}\u{E0100}\u{180B}"),
        ("tags", "\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}"),
        ("half flags", "\u{1F1E9}\u{1F1EA}\u{1F1EB}"),
        ("families", &families),
        ("skin without a hand", "\u{1F3FD}\u{1F3FB}"),
        ("private letters", "\u{E000}\u{F8FF}\u{F0000}\u{10FFFF}"),
        ("no characters", "\u{FFFE}\u{FFFF}\u{1FFFE}"),
        ("replacement", "\u{FFFD}\u{FFFC}"),
        ("one letter that becomes many", &fdfa),
        ("letters that grow", "\u{DF}\u{149}\u{1F0}\u{390}\u{FB03}"),
        ("Turkish letters", "\u{130}\u{131}Ii"),
        ("Hangul parts", "\u{1100}\u{1161}\u{11A8}\u{1100}"),
        ("Indic joins", "\u{915}\u{94D}\u{200D}\u{937}\u{93F}"),
        ("Thai", "\u{E01}\u{E33}\u{E49}\u{E49}\u{E49}"),
        ("Mongolian", "\u{1820}\u{180E}\u{1821}"),
        ("old scripts", "\u{10330}\u{12000}\u{13000}"),
        ("mathematics", "\u{1D400}\u{1D53B}\u{2460}"),
        ("look-alikes", "p\u{430}yp\u{430}l"),
        ("wide letters", "\u{FF21}\u{FF22}\u{FF11}"),
        ("long", &long),
        ("many lines", &lines),
        ("markup", "</text><script>alert(1)</script><text>"),
        ("entities", "&lt;&#0;&#x41;&amp;&nbsp;&l9;"),
        ("CDATA", "]]><![CDATA[<svg onload=x>"),
        ("comments", "<!-- --> <?xml?>"),
        ("quotes", "\"'`\u{2018}\u{201C}\\"),
        ("SQL", "'; DROP TABLE orders; --"),
        ("formulas", "=cmd|'/c calc'!A1"),
        ("templates", "{{7*7}} ${7*7} #{7} %s%n"),
        ("paths", "../../etc/passwd\\..\\x"),
        ("addresses", "http://127.0.0.1/ url(#a)"),
        ("numbers", "NaN -0 1e999 0x10"),
        ("styles", "a;fill:url(#x)}*{display:none"),
    ];
    all.iter().map(|(name, text)| (format!("text of {name}"), (*text).to_owned())).collect()
}
