//! Words to the customers of many orders: blanks in them are filled from each order.

/// What is known of an order where words are written to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressed<'order> {
    /// The given name of whoever gets it; may be empty.
    pub first_name: &'order str,
    /// The number that the customer knows.
    pub order_number: &'order str,
}

/// A blank, as people write it between braces, and what fills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// The given name of whoever gets the order.
    FirstName,
    /// The number that the customer knows.
    OrderNumber,
}

impl Blank {
    /// Every blank.
    pub const ALL: [Blank; 2] = [Blank::FirstName, Blank::OrderNumber];

    /// As it stands in a text.
    pub fn written(self) -> &'static str {
        match self {
            Blank::FirstName => "{first name}",
            Blank::OrderNumber => "{order number}",
        }
    }

    fn of(to: Addressed<'_>, inside: &str) -> Result<String, String> {
        let word = inside.trim().to_lowercase().replace(['_', '-'], " ");
        let known =
            Blank::ALL.into_iter().find(|one| one.written().trim_matches(['{', '}']) == word);
        match known {
            Some(Blank::FirstName) => match to.first_name.trim() {
                "" => Err("it has no first name to stand in the text".to_owned()),
                name => Ok(name.to_owned()),
            },
            Some(Blank::OrderNumber) => Ok(to.order_number.to_owned()),
            None => Err(format!(
                "nothing fills “{{{inside}}}”: write {} or {}",
                Blank::FirstName.written(),
                Blank::OrderNumber.written(),
            )),
        }
    }
}

/// The words for one order; an error is the reason why there are none, for people.
pub fn fill(text: &str, to: Addressed<'_>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        // A brace that nothing closes on its line is a brace.
        match after.split_once('}').filter(|(inside, _)| !inside.contains(['\n', '{'])) {
            Some((inside, behind)) => {
                filled.push_str(&Blank::of(to, inside)?);
                rest = behind;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_from_the_order_and_unknown_ones_are_told() {
        let ann = Addressed { first_name: " {Ann} ", order_number: "1001" };
        let check = |to: Addressed<'_>, text: &str, expected: Result<&str, &str>| {
            let found = fill(text, to);
            match expected {
                Ok(words) => assert_eq!(found.as_deref(), Ok(words), "{text}"),
                Err(part) => assert!(found.is_err_and(|why| why.contains(part)), "{text}"),
            }
        };
        check(ann, "plain", Ok("plain"));
        check(ann, "Hi {first name}, {ORDER_NUMBER}!", Ok("Hi {Ann}, 1001!"));
        check(ann, "{ order number }{order number}", Ok("10011001"));
        check(ann, "a :{ smile\n}", Ok("a :{ smile\n}"));
        check(ann, "{{order number}", Ok("{1001"));
        check(ann, "Hi {name}", Err("nothing fills “{name}”"));
        check(ann, "{}", Err("nothing fills"));
        let nameless = Addressed { first_name: " ", ..ann };
        check(nameless, "Hi {first name}", Err("no first name"));
        check(nameless, "{order number}", Ok("1001"));
    }
}
