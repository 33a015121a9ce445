//! Drawings that burst, loop, or reach for what is outside.

use std::fmt::Write as _;

use super::Bait;

type Made = Vec<(String, String, bool)>;

fn svg(inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
         viewBox='0 0 100 100'>{inside}</svg>"
    )
}

/// `depth` elements, each holding `width` references to the next.
fn nested(depth: usize, open: &str, refers: &str, width: usize, close: &str, last: &str) -> String {
    let mut out = String::from("<defs>");
    for idx in 0..depth {
        out += &open.replace('#', &idx.to_string());
        for place in 0..width {
            let refers = refers.replace('#', &(idx + 1).to_string());
            out += &refers.replace('@', &place.to_string());
        }
        out += close;
    }
    out + &last.replace('#', &depth.to_string()) + "</defs>"
}

fn bombs() -> Made {
    let copies = |depth, width| {
        let last = "<rect id='g#' width='1' height='1'/>";
        nested(depth, "<g id='g#'>", "<use href='_g#'/>", width, "</g>", last).replace('_', "#")
            + "<use href='#g0'/>"
    };
    let patterns = nested(
        9,
        "<pattern id='p#' width='10' height='10' patternUnits='userSpaceOnUse'>",
        "<rect x='@' width='1' height='10' fill='url(_p#)'/>",
        10,
        "</pattern>",
        "",
    )
    .replace('_', "#")
        + "<rect width='100' height='100' fill='url(#p0)'/>";
    let masks = nested(
        9,
        "<mask id='m#'>",
        "<rect width='50' height='50' mask='url(_m#)'/>",
        10,
        "</mask>",
        "",
    )
    .replace('_', "#")
        + "<rect width='100' height='100' fill='red' mask='url(#m0)'/>";
    let clips = nested(
        9,
        "<clipPath id='c#'>",
        "<rect width='50' height='50' clip-path='url(_c#)'/>",
        10,
        "</clipPath>",
        "",
    )
    .replace('_', "#")
        + "<rect width='100' height='100' fill='red' clip-path='url(#c0)'/>";
    let markers = nested(
        9,
        "<marker id='k#'>",
        "<path d='M0 0L1 1L2 2L3 3L4 4L5 5' marker-mid='url(_k#)'/>",
        1,
        "</marker>",
        "",
    )
    .replace('_', "#")
        + "<path d='M0 0L9 9L20 20L30 30L40 40L5 5L6 6' stroke='red' marker-mid='url(#k0)'/>";
    let turbulence = "<feTurbulence baseFrequency='.9' numOctaves='12'/>".repeat(50);
    let blurs = "<feGaussianBlur stdDeviation='500'/>".repeat(40);
    let filtered = |inside: &str, region: &str| {
        svg(&format!(
            "<filter id='f' {region}>{inside}</filter>\
             <rect width='100' height='100' filter='url(#f)'/>"
        ))
    };
    vec![
        ("of 10^9 copies".to_owned(), svg(&copies(9, 10)), false),
        ("of 2^22 copies".to_owned(), svg(&copies(22, 2)), false),
        ("of 10^4 copies".to_owned(), svg(&copies(4, 10)), false),
        ("of patterns in patterns".to_owned(), svg(&patterns), true),
        ("of masks in masks".to_owned(), svg(&masks), true),
        ("of clips in clips".to_owned(), svg(&clips), true),
        ("of markers on markers".to_owned(), svg(&markers), true),
        ("of turbulence".to_owned(), filtered(&turbulence, ""), true),
        ("of great blurs".to_owned(), filtered(&blurs, ""), true),
        (
            "of a giant filter region".to_owned(),
            filtered(
                "<feGaussianBlur stdDeviation='3'/>",
                "x='-1e9' y='-1e9' width='2e9' height='2e9' filterUnits='userSpaceOnUse'",
            ),
            false,
        ),
        (
            "of a lighting filter of odd numbers".to_owned(),
            filtered(
                "<feDiffuseLighting surfaceScale='1e38'><fePointLight x='1e38' y='NaN'/>\
                 </feDiffuseLighting><feMorphology radius='100000'/>\
                 <feConvolveMatrix order='1000' kernelMatrix='1'/>",
                "",
            ),
            false,
        ),
    ]
}

fn loops() -> Vec<(&'static str, String)> {
    vec![
        ("whose copy is itself", "<g id='a'><use href='#a'/></g><use href='#a'/>".into()),
        (
            "whose copies are each other",
            "<g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g><use href='#a'/>".into(),
        ),
        (
            "whose pattern is itself",
            "<pattern id='p' width='9' height='9' patternUnits='userSpaceOnUse'>\
             <rect width='9' height='9' fill='url(#p)'/></pattern>\
             <rect width='99' height='99' fill='url(#p)'/>"
                .into(),
        ),
        (
            "whose gradients are each other",
            "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#a'/>\
             <rect width='99' height='99' fill='url(#a)'/>"
                .into(),
        ),
        (
            "whose mask is itself",
            "<mask id='m' mask='url(#m)'><rect width='9' height='9' mask='url(#m)'/></mask>\
             <rect width='99' height='99' mask='url(#m)'/>"
                .into(),
        ),
        (
            "whose clip is itself",
            "<clipPath id='c' clip-path='url(#c)'><rect width='9' height='9'/></clipPath>\
             <rect width='99' height='99' clip-path='url(#c)'/>"
                .into(),
        ),
        (
            "whose marker is itself",
            "<marker id='k'><path d='M0 0L1 1L2 2' marker-mid='url(#k)'/></marker>\
             <path d='M0 0L9 9L20 20' stroke='red' marker-mid='url(#k)'/>"
                .into(),
        ),
        (
            "whose filter shows what it filters",
            "<filter id='f'><feImage href='#r'/></filter>\
             <rect id='r' width='99' height='99' filter='url(#f)'/>"
                .into(),
        ),
        (
            "whose text follows itself",
            "<path id='p' d='M0 0L99 99'/><text><textPath href='#p'><textPath href='#p'>a\
             </textPath></textPath></text>"
                .into(),
        ),
    ]
}

/// Every way of naming something outside.
fn reaching(bait: &Bait) -> Vec<(String, String)> {
    let http = format!("http://127.0.0.1:{}/canary", bait.port);
    let file = format!("file://{}", bait.file);
    let path = bait.file.clone();
    let up = format!("../../../../../../../../..{path}");
    let mut made = Vec::new();
    for target in [&http, &file, &path, &up, &format!("//127.0.0.1:{}/x", bait.port)] {
        for (name, inside) in [
            ("picture", format!("<image href='{target}' width='9' height='9'/>")),
            ("old picture", format!("<image xlink:href='{target}' width='9' height='9'/>")),
            ("copy", format!("<use href='{target}#a'/>")),
            ("filter picture", {
                format!(
                    "<filter id='f'><feImage href='{target}'/></filter>\
                     <rect width='9' height='9' filter='url(#f)'/>"
                )
            }),
            ("fill", format!("<rect width='9' height='9' fill='url({target}#p)'/>")),
            ("sheet", format!("<style>@import url({target});</style><rect width='9' height='9'/>")),
            ("font", {
                format!(
                    "<style>@font-face{{font-family:X;src:url({target})}}</style>\
                     <text y='9' font-family='X'>a</text>"
                )
            }),
            ("style", format!("<rect width='9' height='9' style='mask:url({target})'/>")),
        ] {
            made.push((format!("with a {name} at {target}"), svg(&inside)));
        }
    }
    let text = format!(
        "<!DOCTYPE svg [<!ENTITY x SYSTEM '{file}'>]><svg xmlns='http://www.w3.org/2000/svg'>\
         <text>&x;</text></svg>"
    );
    made.push(("with an entity of a file".to_owned(), text));
    let text = format!(
        "<!DOCTYPE svg SYSTEM '{http}'><svg xmlns='http://www.w3.org/2000/svg' \
         viewBox='0 0 9 9'><rect width='9' height='9'/></svg>"
    );
    made.push(("with a document type elsewhere".to_owned(), text));
    let text = format!(
        "<!DOCTYPE svg [<!ENTITY % p SYSTEM '{http}'> %p;]><svg \
         xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/>"
    );
    made.push(("with a parameter entity".to_owned(), text));
    let text = format!("<?xml-stylesheet href='{http}'?>{}", svg("<rect width='9' height='9'/>"));
    made.push(("with a style sheet elsewhere".to_owned(), text));
    made.push((
        "that includes a file".to_owned(),
        svg(&format!(
            "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{file}' parse='text'/>"
        )),
    ));
    made
}

fn odd() -> Vec<(&'static str, String)> {
    let mut points = String::from("M0 0");
    for idx in 0..200_000 {
        let _ = write!(points, "L{} {}", idx % 100, (idx * 7) % 100);
    }
    let deep = |count: usize| format!("{}{}", "<g>".repeat(count), "</g>".repeat(count));
    let laughs: String = (0..10)
        .map(|idx| format!("<!ENTITY l{} '{}'>", idx + 1, format!("&l{idx};").repeat(10)))
        .collect();
    let picture = |data: &str| format!("<image href='data:{data}' width='9' height='9'/>");
    let rect = "<rect width='9' height='9'/>";
    vec![
        ("that laughs", format!("<!DOCTYPE svg [<!ENTITY l0 'l'>{laughs}]><svg>&l9;</svg>")),
        ("nested 150 deep", svg(&deep(150))),
        ("nested 1,000 deep", svg(&deep(1_000))),
        ("nested 100,000 deep", svg(&deep(100_000))),
        ("of 200,000 elements", svg(&rect.repeat(200_000))),
        ("of 90,000 elements", svg(&"<g/>".repeat(90_000))),
        ("of a long path", svg(&format!("<path d='{points}' stroke='red'/>"))),
        ("of numbers that are none", svg("<path d='M NaN inf L 1e999 -1e999'/>")),
        ("of a size that is none", "<svg xmlns='http://www.w3.org/2000/svg' width='NaN'/>".into()),
        ("of no size", "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 0 0'/>".into()),
        ("of a negative size", "<svg xmlns='http://www.w3.org/2000/svg' width='-5'/>".into()),
        ("of a giant size", {
            "<svg xmlns='http://www.w3.org/2000/svg' width='1e30' height='1e30'/>".into()
        }),
        ("of a tiny size", {
            "<svg xmlns='http://www.w3.org/2000/svg' width='1e-30' height='1e-30'/>".into()
        }),
        (
            "of a matrix that is none",
            svg(&format!("<g transform='matrix(0 0 0 0 0 0)'>{rect}</g>")),
        ),
        ("of a giant scale", svg(&format!("<g transform='scale(1e30)'>{rect}</g>"))),
        ("of a tiny dash", {
            svg("<path d='M0 0L99 99' stroke='red' stroke-dasharray='0.0000001'/>")
        }),
        ("of a giant line", svg("<path d='M0 0L99 99' stroke='red' stroke-width='1e30'/>")),
        ("of a tiny pattern", {
            svg("<pattern id='p' width='1e-9' height='1e-9' patternUnits='userSpaceOnUse'>\
                 <rect width='1' height='1'/></pattern><rect width='99' height='99' fill='url(#p)'/>")
        }),
        ("of a giant pattern", {
            svg("<pattern id='p' width='1e9' height='1e9' patternUnits='userSpaceOnUse'>\
                 <rect width='1' height='1'/></pattern><rect width='99' height='99' fill='url(#p)'/>")
        }),
        ("with scripts", {
            svg(&format!("<script>while(1);</script><g onload='alert(1)'>{rect}</g>"))
        }),
        ("with a page in it", svg("<foreignObject><body><script/></body></foreignObject>")),
        ("with animations", svg(&format!("<animate attributeName='x'/>{rect}"))),
        ("with a link", svg(&format!("<a href='javascript:alert(1)'>{rect}</a>"))),
        ("with a picture of no data", svg(&picture("image/png;base64,"))),
        ("with a picture that is not base64", svg(&picture("image/png;base64,####"))),
        ("with a picture of a drawing", svg(&picture("image/svg+xml;base64,PHN2Zy8+"))),
        ("with a picture by number", svg(&picture("image/x-woodblock,0"))),
        ("with a picture by a number too high", svg(&picture("image/x-woodblock,99"))),
        ("with many fonts", {
            let texts = (0..300).map(|idx| format!("<text font-family='F{idx}'>a</text>"));
            svg(&texts.collect::<String>())
        }),
        ("with a long text", svg(&format!("<text y='9'>{}</text>", "a".repeat(20_000)))),
        ("with a giant text", svg("<text y='9' font-size='1e9'>a</text>")),
        ("with a tiny text", svg("<text y='9' font-size='1e-9'>a</text>")),
        ("with many styles", {
            let rules: String = (0..3_000).map(|idx| format!(".c{idx} *{{fill:red}}")).collect();
            svg(&format!("<style>{rules}</style>{rect}"))
        }),
        ("with a style that is broken", svg(&format!("<style>{{{{}}}}</style>{rect}"))),
        (
            "with a long id",
            svg(&format!("<rect id='{}' width='9' height='9'/>", "a".repeat(99_999))),
        ),
        ("with many attributes", {
            let many: String = (0..5_000).map(|idx| format!(" a{idx}='1'")).collect();
            svg(&format!("<rect{many} width='9' height='9'/>"))
        }),
        ("of UTF-16 in name only", format!("<?xml version='1.0' encoding='UTF-16'?>{}", svg(rect))),
        ("that is a page", "<html><body/></html>".into()),
        ("that is cut", svg(rect)[..60].to_owned()),
        ("that is empty", String::new()),
        ("of spaces", " ".repeat(1 << 20)),
        ("with a zero", svg("<text>a\0b</text>")),
        ("with a CDATA in it", svg("<text y='9'><![CDATA[<script>]]></text>")),
        (
            "with a switch",
            svg(&format!("<switch><g systemLanguage='xx'>{rect}</g>{rect}</switch>")),
        ),
        ("with drawings in drawings", {
            let open = "<svg x='1e9' width='1e9' height='1e9' viewBox='0 0 1 1'>";
            svg(&format!("{}{rect}{}", open.repeat(40), "</svg>".repeat(40)))
        }),
    ]
}

pub fn all(bait: &Bait) -> Made {
    let mut made = bombs();
    made.extend(loops().into_iter().map(|(name, inside)| (name.to_owned(), svg(&inside), false)));
    made.extend(reaching(bait).into_iter().map(|(name, text)| (name, text, false)));
    made.extend(odd().into_iter().map(|(name, text)| (name.to_owned(), text, false)));
    for one in &mut made {
        one.0 = format!("drawing {}", one.0);
    }
    made
}
