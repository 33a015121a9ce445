//! How print files are called where people take them away: a rule with placeholders.

/// What a placeholder stands for; anything else in braces is `field.` and the key of a field.
const KNOWN: [&str; 8] =
    ["order", "item", "sku", "variant", "area", "revision", "quantity", "product"];

/// The rule where nobody made another.
pub const USUAL: &str = "{item}-{sku}-{area}-r{revision}";

/// A rule that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    Value(String),
}

impl FileName {
    /// Reads `{item}-{area}-{field.name}`. The error says what is wrong. Without `{item}` and `{area}` two
    /// files could have one name, and one would be lost.
    pub fn parse(rule: &str) -> Result<FileName, String> {
        let mut parts = Vec::new();
        let mut rest = rule.trim();
        while let Some((word, after)) = rest.split_once('{') {
            let (key, after) = after.split_once('}').ok_or("a { has no }")?;
            let is_field = key.strip_prefix("field.").is_some_and(|key| !key.is_empty());
            if !KNOWN.contains(&key) && !is_field {
                return Err(format!(
                    "{{{key}}} stands for nothing; there are {{{}}} and {{field.KEY}}",
                    KNOWN.join("}, {")
                ));
            }
            parts.extend([Part::Word(word.to_owned()), Part::Value(key.to_owned())]);
            rest = after;
        }
        parts.push(Part::Word(rest.to_owned()));
        for part in &parts {
            if let Part::Word(word) = part
                && let Some(odd) = word.chars().find(|c| !is_plain(*c))
            {
                return Err(format!("“{odd}” cannot stand in the name of a file"));
            }
        }
        let has = |key: &str| parts.contains(&Part::Value(key.to_owned()));
        if !has("item") || !has("area") {
            return Err("it needs {item} and {area}, so that no two files have one name".to_owned());
        }
        Ok(FileName(parts))
    }

    /// The name that it makes, without what may stand in no name; `value` says what a placeholder stands for.
    pub fn name(&self, value: impl Fn(&str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Word(word) => word.clone(),
            Part::Value(key) => value(key),
        });
        parts.collect::<String>().trim().trim_start_matches('.').to_owned()
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_makes_names_or_says_what_is_wrong() {
        let value = |key: &str| match key {
            "item" => "1001-1".to_owned(),
            "field.name" => "Rex".to_owned(),
            other => other.to_uppercase(),
        };
        let check = |rule: &str, expected: Result<&str, &str>| {
            let found = FileName::parse(rule).map(|rule| rule.name(value));
            match expected {
                Ok(name) => assert_eq!(found.as_deref(), Ok(name), "{rule}"),
                Err(part) => assert!(found.as_ref().is_err_and(|e| e.contains(part)), "{found:?}"),
            }
        };
        check(USUAL, Ok("1001-1-SKU-AREA-rREVISION"));
        check(" {quantity}x {field.name} {item} {area} ", Ok("QUANTITYx Rex 1001-1 AREA"));
        check("{item}", Err("needs {item} and {area}"));
        check("{item}{area}{colour}", Err("{colour} stands for nothing"));
        check("{item}{area}{field.}", Err("stands for nothing"));
        check("{item}/{area}", Err("cannot stand"));
        check("{item}-{area", Err("has no }"));
        check("", Err("needs"));
    }
}
