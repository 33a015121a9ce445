use super::*;
use crate::flow::foreign_table;
use crate::model::id::ProductId;
use crate::model::product::{Made, Matches};

fn map() -> Vec<Product> {
    let row = |(place, sku): (i64, &str)| Product {
        id: ProductId(place),
        shop: ShopId(1),
        matches: Matches::Sku(sku.to_owned()),
        made: Made::Elsewhere,
    };
    (1_i64..).zip(["MUG", "TEE-LATER", "PLAIN"]).map(row).collect()
}

fn import(bytes: &[u8]) -> Import {
    let table = foreign_table::read(bytes).unwrap();
    let columns = guess(&table.head);
    Import { shop: ShopId(1), source: "etsy".to_owned(), table, columns }
}

fn faults(text: &str) -> Vec<(u64, String)> {
    let (_, faults) = read(&import(text.as_bytes()), &map());
    faults.into_iter().map(|fault| (fault.line, fault.what)).collect()
}

#[test]
fn a_table_of_etsy_is_read() {
    let bytes = include_bytes!("../../../tests/data/imports/etsy.csv");
    let (orders, faults) = read(&import(bytes), &map());
    assert_eq!(faults, []);
    assert_eq!(orders.len(), 2);
    let first = &orders[0];
    assert_eq!((first.number.as_str(), first.lines.len()), ("3290001", 2));
    assert_eq!(first.total.to_string(), "24.90 USD");
    assert_eq!(first.recipient.name(), "Fern Hollis");
    assert_eq!(first.recipient.country, "US");
    assert_eq!(first.lines[0].values, [("Name".to_owned(), "Fern".to_owned())]);
    assert_eq!((first.lines[1].sku.as_str(), first.lines[1].quantity), ("TEE-LATER", 2));
    assert_eq!(orders[1].recipient.country, "DE");
}

#[test]
fn a_table_of_amazon_is_read_and_its_faults_are_told() {
    let bytes = include_bytes!("../../../tests/data/imports/amazon.txt");
    let mut import = import(bytes);
    let last = import.columns.len() - 1;
    assert_eq!(import.columns[last], Column::Nothing, "{:?}", import.columns);
    import.columns[last] = Column::Value;
    let (orders, faults) = read(&import, &map());
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].lines[0].values, [("Name".to_owned(), "Ada".to_owned())]);
    assert_eq!(orders[0].shipping, "Standard");
    let told: Vec<(u64, &str)> =
        faults.iter().map(|fault| (fault.line, fault.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, "the SKU “NOT-THERE” is not in the product map: add it there"),
            (4, "“many” is no number of pieces from 1 to 10000"),
        ]
    );
}

#[test]
fn what_is_wrong_is_told_by_row() {
    const HEAD: &str = "order,sku,qty,name,street,city,zip,country\n";
    let check = |rows: &str, line: u64, words: &str| {
        let told = faults(&format!("{HEAD}{rows}"));
        let found = told.iter().any(|(at, what)| *at == line && what.contains(words));
        assert!(found, "{rows}: {told:?}");
    };
    check("1,MUG,1,Ann Lee,,Bonn,53111,DE", 2, "street missing");
    check("1,MUG,0,Ann Lee,A 1,Bonn,53111,DE", 2, "no number of pieces");
    check("1,MUG,1.5,Ann Lee,A 1,Bonn,53111,DE", 2, "no number of pieces");
    check(",MUG,1,Ann Lee,A 1,Bonn,53111,DE", 2, "number is missing");
    check("1,,1,Ann Lee,A 1,Bonn,53111,DE", 2, "SKU is missing");
    check("1,MUG,1,Ann Lee,A 1,Bonn,53111,Atlantis", 2, "no country");
    let same = "1,MUG,1,Ann Lee,A 1,Bonn,53111,DE\n";
    check(&format!("{same}{same}"), 3, "line 2 says the very same");
    let other = "1,PLAIN,1,Bob Lee,B 1,Bonn,53111,DE\n";
    check(&format!("{same}{other}"), 3, "another recipient");
    assert_eq!(faults(&format!("{HEAD}{same}1,PLAIN,1,,,,,\n")), []);
}

#[test]
fn what_columns_mean_is_written_and_read() {
    let columns = [Column::Number, Column::Nothing, Column::Address1];
    assert_eq!(read_columns(&write_columns(&columns)), columns);
    assert_eq!(Column::from_word("x"), Column::Nothing);
    let twice = ["Order", "order id", "name", "Ship Name"].map(str::to_owned);
    let guessed = guess(&twice);
    assert_eq!(guessed, [Column::Nothing, Column::Number, Column::Nothing, Column::Name]);
}
