//! Which employee stands at an offset, at the same cost for every offset.
//!
//! v1 pages by offset and promises an exact total. The index holds one bit per
//! employee: a number of a *node* item is the bitmap of 50 ids, a node spans
//! 10,000 ids, and the *root* item counts the employees of each node. A seek
//! reads root and node, whatever the offset and the size of the company, and
//! finds the exact id with which the page begins, so that no row is read to be
//! thrown away. Both items are written in the transaction that stores the
//! employee: `ADD` sets the bit, because each id is stored once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::aws::items::Entity;
use crate::aws::keys;
use crate::aws::keys::Key;
use crate::aws::table::Table;
use crate::aws::transaction::Transaction;
use crate::error::Error;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;

/// Ids of one bitmap: few enough that the number is exact wherever it passes through a double.
const LEAF: u32 = 50;
/// Ids of one node: 200 bitmaps of at most 16 digits, which stay below the 4 KB of one read unit.
const NODE: u32 = 10_000;

/// Counts of a whole company, and of each of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// All employees.
    #[serde(default)]
    pub total: u64,
    /// Employees by node, under `n<node>`.
    #[serde(flatten)]
    nodes: BTreeMap<String, u64>,
}

impl Entity for Root {
    const TYPE: &'static str = "rank_root";
}

/// Bitmaps of the ids of one node, under `b<leaf>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    #[serde(flatten)]
    leaves: BTreeMap<String, u64>,
}

impl Entity for Node {
    const TYPE: &'static str = "rank_node";
}

/// Where the bit of an id lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    node: u32,
    leaf: u32,
    bit: u32,
}

fn place(id: u32) -> Place {
    Place { node: id / NODE, leaf: id % NODE / LEAF, bit: id % LEAF }
}

fn numbered(map: &BTreeMap<String, u64>, prefix: char) -> impl Iterator<Item = (u32, u64)> + '_ {
    let mut entries: Vec<_> =
        map.iter().filter_map(|(name, number)| Some((name.strip_prefix(prefix)?.parse().ok()?, *number))).collect();
    // `n10` sorts before `n2` as text.
    entries.sort_unstable();
    entries.into_iter()
}

impl Root {
    /// The node in which the employee at `offset` lies, and how many of the node stand before.
    #[must_use]
    fn seek(&self, mut offset: u64) -> Option<(u32, u64)> {
        for (node, count) in numbered(&self.nodes, 'n') {
            if offset < count {
                return Some((node, offset));
            }
            offset -= count;
        }
        None
    }
}

impl Node {
    /// The id of the node's employee with `rank` others before.
    #[must_use]
    fn seek(&self, node: u32, mut rank: u64) -> Option<u32> {
        for (leaf, bitmap) in numbered(&self.leaves, 'b') {
            let count = u64::from(bitmap.count_ones());
            if rank < count {
                let bit = (0..LEAF).filter(|bit| bitmap >> bit & 1 == 1).nth(usize::try_from(rank).ok()?)?;
                return Some(node * NODE + leaf * LEAF + bit);
            }
            rank -= count;
        }
        None
    }
}

/// What a seek found: the total, and the id with which the page begins, if the offset is not past the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seek {
    /// All employees.
    pub total: u64,
    /// The employee at the offset.
    pub first: Option<EmployeeId>,
}

/// How many employees a company has.
///
/// Access pattern: `GetItem` of the root; half a unit, doubled for consistency.
pub async fn total(table: &Table, company: &CompanyId) -> Result<u64, Error> {
    Ok(table.get::<Root>(keys::rank_root(company)).await?.unwrap_or_default().total)
}

/// The employee at an offset.
///
/// Access pattern: `BatchGetItem` of the root and of the node where the offset
/// lies if ids have no gaps; where they have, one more `GetItem` of the right node.
pub async fn seek(table: &Table, company: &CompanyId, offset: u64) -> Result<Seek, Error> {
    let guess = u32::try_from(offset + 1).unwrap_or(u32::MAX) / NODE;
    let items = table.batch_get(vec![keys::rank_root(company), keys::rank_node(company, guess)]).await?;
    let (mut root, mut guessed) = (Root::default(), None);
    for item in items {
        if item.entity_type() == Root::TYPE {
            root = item.decode()?;
        } else {
            guessed = Some(item.decode::<Node>()?);
        }
    }
    let total = root.total;
    let Some((node, rank)) = root.seek(offset) else {
        return Ok(Seek { total, first: None });
    };
    let found = match guessed {
        Some(found) if node == guess => Some(found),
        _ => table.get::<Node>(keys::rank_node(company, node)).await?,
    };
    let id = found.and_then(|found| found.seek(node, rank)).and_then(|id| EmployeeId::new(u64::from(id)));
    match id {
        // Root and node were read a moment apart while somebody was being added: the end of the list, then.
        None => Ok(Seek { total, first: None }),
        first => Ok(Seek { total, first }),
    }
}

/// The parts of a transaction that count new employees: one for the root, one for each node.
#[must_use]
pub fn insert<'t>(
    transaction: Transaction<'t>,
    company: &CompanyId,
    ids: impl Iterator<Item = EmployeeId>,
) -> Transaction<'t> {
    let (root, nodes) = build(company, ids);
    let total = [("total".to_owned(), root.total)];
    let transaction =
        transaction.add(keys::rank_root(company), Root::TYPE, signed(root.nodes.into_iter().chain(total)));
    nodes
        .into_iter()
        .fold(transaction, |transaction, (key, node)| transaction.add(key, Node::TYPE, signed(node.leaves.into_iter())))
}

/// Counters as `ADD` takes them; a bitmap has 50 bits, a count fewer.
fn signed(counters: impl Iterator<Item = (String, u64)>) -> impl Iterator<Item = (String, i64)> {
    counters.map(|(name, number)| (name, i64::try_from(number).unwrap_or(i64::MAX)))
}

/// Root and nodes of a set of ids, for writing many employees at once.
#[must_use]
pub fn build(company: &CompanyId, ids: impl Iterator<Item = EmployeeId>) -> (Root, Vec<(Key, Node)>) {
    let mut root = Root::default();
    let mut nodes: BTreeMap<u32, Node> = BTreeMap::new();
    for id in ids {
        let Place { node, leaf, bit } = place(id.get());
        root.total += 1;
        *root.nodes.entry(format!("n{node}")).or_default() += 1;
        *nodes.entry(node).or_default().leaves.entry(format!("b{leaf}")).or_default() += 1 << bit;
    }
    (root, nodes.into_iter().map(|(number, node)| (keys::rank_node(company, number), node)).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_offset_finds_the_id_that_sorting_finds(ids in proptest::collection::btree_set(1u32..60_000, 0..400)) {
            let company: CompanyId = "a".parse().expect("a slug");
            let (root, nodes) = build(&company, ids.iter().filter_map(|id| EmployeeId::new(u64::from(*id))));
            prop_assert_eq!(root.total, ids.len() as u64);
            let by_key: BTreeMap<_, _> = nodes.into_iter().collect();
            for (offset, id) in ids.iter().enumerate() {
                let (node, rank) = root.seek(offset as u64).expect("within the total");
                let found = by_key[&keys::rank_node(&company, node)].seek(node, rank);
                prop_assert_eq!(found, Some(*id));
            }
            prop_assert_eq!(root.seek(ids.len() as u64), None);
        }
    }

    #[test]
    fn a_node_stays_within_one_read_unit_and_a_bitmap_within_a_double() {
        let company: CompanyId = "a".parse().expect("a slug");
        let full: BTreeSet<u32> = (10_000..20_000).collect();
        let (_, nodes) = build(&company, full.iter().filter_map(|id| EmployeeId::new(u64::from(*id))));
        let (key, node) = nodes.into_iter().next().expect("one node");
        let bytes: usize = node.leaves.iter().map(|(name, bitmap)| name.len() + bitmap.to_string().len()).sum();
        assert!(bytes + key.pk.len() + key.sk.len() + 30 < 4096, "{bytes} bytes");
        assert!(node.leaves.values().all(|bitmap| *bitmap < 1 << 53));
    }
}
