//! What people may do. Everybody who may log in may look.

/// One thing that a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Change orders: values, address, holds, parcels, what is checked and approved.
    Orders,
    /// Let money be spent: submit, send now, order again, let go on what was stopped.
    Money,
    /// Designs and what is made of which product.
    Products,
    /// How the program works: shops, providers, times, limits.
    Settings,
    /// Who may log in, and what they may do.
    People,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 5] =
        [Right::Orders, Right::Money, Right::Products, Right::Settings, Right::People];

    /// The word it is stored as.
    pub fn name(self) -> &'static str {
        match self {
            Right::Orders => "orders",
            Right::Money => "money",
            Right::Products => "products",
            Right::Settings => "settings",
            Right::People => "people",
        }
    }

    /// The right of this word.
    pub fn from_name(name: &str) -> Option<Right> {
        Right::ALL.into_iter().find(|right| right.name() == name)
    }

    /// What it lets people do, for people.
    pub fn words(self) -> &'static str {
        match self {
            Right::Orders => "Change orders",
            Right::Money => "Send orders and spend money",
            Right::Products => "Designs and products",
            Right::Settings => "Settings",
            Right::People => "People and their rights",
        }
    }
}

/// A set of rights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights(Vec<Right>);

impl Rights {
    /// These and no others.
    pub fn of(rights: impl IntoIterator<Item = Right>) -> Rights {
        let mut rights: Vec<Right> = rights.into_iter().collect();
        rights.sort();
        rights.dedup();
        Rights(rights)
    }

    /// From the words that `text` writes; unknown ones give no right.
    pub fn parse(text: &str) -> Rights {
        Rights::of(text.split(',').filter_map(Right::from_name))
    }

    /// As words with commas between them.
    pub fn text(&self) -> String {
        self.0.iter().map(|right| right.name()).collect::<Vec<_>>().join(",")
    }

    /// Whether this is among them.
    pub fn has(&self, right: Right) -> bool {
        self.0.contains(&right)
    }

    /// Whether all of these are among them.
    pub fn has_all(&self, others: &Rights) -> bool {
        others.0.iter().all(|right| self.has(*right))
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Right> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_kept_as_words() {
        let all = Rights::of(Right::ALL);
        assert_eq!(Rights::parse(&all.text()), all);
        let some = Rights::parse("money,orders,flying,money");
        assert_eq!(some.text(), "orders,money");
        assert!(all.has_all(&some) && !some.has_all(&all) && !some.has(Right::People));
        assert_eq!(Rights::parse(""), Rights::default());
    }
}
