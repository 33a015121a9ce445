use super::*;

#[test]
fn the_example_is_right_and_shows_the_defaults() {
    let text = include_str!("../../config.example.toml");
    let config = Config::parse(text).unwrap();
    assert_eq!(config.server, Server::default());
    assert_eq!(config.countdown, Countdown::default());
    assert_eq!(config.pace, Pace::default());
    assert_eq!(config.render, Render::default());
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.alerts, Alerts::default());
    assert_eq!(config.retention, Retention::default());
    let bare = "[[shop]]\nname = \"main\"\nurl = \"https://shop.example.com\"\n\
                consumer_key = \"ck\"\nconsumer_secret = \"cs\"\n\
                [[provider]]\nname = \"customcat\"\nkind = \"customcat\"\nkey = \"k\"\n\
                shipping = { \"*\" = \"Economy\" }\n";
    let bare = Config::parse(bare).unwrap();
    let (example, default) = (&config.shop[0], &bare.shop[0]);
    assert_eq!(format!("{:?}", example.rules("UTC")), format!("{:?}", default.rules("UTC")));
    let (example, default) = (&config.provider[0], &bare.provider[0]);
    assert_eq!(example.mode(), default.mode());
    assert_eq!(example.track_every, default.track_every);
    assert_eq!(example.production_days, default.production_days);
    assert_eq!((example.pace, example.call_max), (default.pace, default.call_max));
}

#[test]
fn spans_are_read_with_their_unit() {
    let check = |text: &str, ms: Option<u64>| {
        assert_eq!(Span::parse(text).map(|span| span.0.as_millis() as u64), ms, "{text}");
    };
    check("100 ms", Some(100));
    check("1.5h", Some(5_400_000));
    check("10 min", Some(600_000));
    check("7 d", Some(604_800_000));
    check("7", None);
    check("-1 s", None);
    check("5 weeks", None);
}

#[test]
fn faults_are_told_one_by_one_and_hold_no_secret() {
    let text = "[[shop]]\nname = \"My Shop\"\nurl = \"shop\"\nconsumer_key = \"ck_secret\"\n\
                together = \"all\"\n[[provider]]\nname = \"x\"\nkind = \"y\"\n";
    let faults = Config::parse(text).unwrap_err();
    assert_eq!(faults.0.len(), 6, "{faults}");
    assert!(!faults.to_string().contains("ck_secret"));
    let unknown = Config::parse("[server]\nport = 1\n").unwrap_err();
    assert!(unknown.to_string().starts_with("line 2: unknown field `port`"), "{unknown}");
}
