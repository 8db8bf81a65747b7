//! The steps of a workflow as a vertical graph: one line a step, branches as lanes to its left.
//!
//! A layered drawing with boxes was compared at 80 columns: it leaves no room for what a step does, and three parallel
//! branches already overflow. One line a step keeps action and label readable at any number of branches.

use crate::ui::screen::Screen;
use crate::ui::text;
use sayflow_protocol::Effect;
use sayflow_protocol::api::draft::GraphNode;
use std::collections::{BTreeSet, HashMap};

/// The graph, one line a step, in an order in which they could run. Ends with a line break.
pub fn render(nodes: &[GraphNode], screen: &Screen) -> String {
    let edges = Edges::of(nodes);
    let mut drawing = Drawing::default();
    for &node in &edges.order {
        drawing.place(node, &edges.children[node]);
    }
    let lanes = drawing.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let graph_width = (2 * lanes).max(2);
    let id_width = column(nodes.iter().map(|node| node.id.as_str()), screen.width / 3);
    let uses_width = column(nodes.iter().map(|node| node.uses.as_str()), screen.width / 3);
    let mut rendered = String::new();
    for row in &drawing.rows {
        let node = row.node.map(|place| &nodes[place]);
        let picture = text::pad(&row.draw(node.map(|node| node.effect), screen), graph_width);
        let line = match node {
            None => format!("  {picture}"),
            Some(node) => {
                let id = text::pad(&screen.cut_to(&text::one_line(&node.id), id_width), id_width);
                let uses = text::pad(&screen.cut_to(&text::one_line(&node.uses), uses_width), uses_width);
                let label = if node.label == node.id { String::new() } else { text::one_line(&node.label) };
                format!("  {picture} {}  {}  {label}", screen.bold(&id), screen.dim(&uses))
            }
        };
        rendered.push_str(screen.cut(line.trim_end()).trim_end());
        rendered.push('\n');
    }
    rendered
}

fn column<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(text::width).max().unwrap_or(0).min(most)
}

/// The order and the edges that are drawn: those that no longer path already implies.
struct Edges {
    order: Vec<usize>,
    children: Vec<Vec<usize>>,
}

impl Edges {
    fn of(nodes: &[GraphNode]) -> Self {
        let places: HashMap<&str, usize> = nodes.iter().enumerate().map(|(place, node)| (node.id.as_str(), place)).collect();
        let parents: Vec<BTreeSet<usize>> = nodes
            .iter()
            .enumerate()
            .map(|(own, node)| {
                node.needs.iter().filter_map(|id| places.get(id.as_str()).copied()).filter(|&parent| parent != own).collect()
            })
            .collect();
        let order = Self::sort(&parents);
        let mut ancestors: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); nodes.len()];
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for &node in &order {
            let above: BTreeSet<usize> = parents[node].iter().flat_map(|&parent| ancestors[parent].iter().copied()).collect();
            for &parent in parents[node].difference(&above) {
                children[parent].push(node);
            }
            ancestors[node] = above.union(&parents[node]).copied().collect();
        }
        Self { order, children }
    }

    /// Document order as far as it agrees with what each step needs. Steps of a cycle come last, as they stand.
    fn sort(parents: &[BTreeSet<usize>]) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::with_capacity(parents.len());
        let mut left: BTreeSet<usize> = (0..parents.len()).collect();
        while let Some(&first) = left.iter().next() {
            let ready = left.iter().copied().find(|&node| parents[node].is_disjoint(&left)).unwrap_or(first);
            left.remove(&ready);
            order.push(ready);
        }
        order
    }
}

/// What stands in one lane of one row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stroke {
    Empty,
    Node,
    Down,
    Across,
    Tee,
    Cross,
    Opens,
    OpensLast,
    Closes,
    ClosesLast,
}

struct Row {
    cells: Vec<Stroke>,
    node: Option<usize>,
}

impl Row {
    fn draw(&self, effect: Option<Effect>, screen: &Screen) -> String {
        let mut picture = String::new();
        for (place, &stroke) in self.cells.iter().enumerate() {
            picture.push_str(&match stroke {
                Stroke::Node => Self::symbol(effect, screen),
                Stroke::Empty => " ".to_owned(),
                Stroke::Down => screen.pick("│", "|").to_owned(),
                Stroke::Across => screen.pick("─", "-").to_owned(),
                Stroke::Tee => screen.pick("├", "|").to_owned(),
                Stroke::Cross => screen.pick("┼", "+").to_owned(),
                Stroke::Opens => screen.pick("┬", "+").to_owned(),
                Stroke::OpensLast => screen.pick("╮", "\\").to_owned(),
                Stroke::Closes => screen.pick("┴", "+").to_owned(),
                Stroke::ClosesLast => screen.pick("╯", "/").to_owned(),
            });
            let reaches_on = self.cells.get(place + 1).is_some_and(|next| {
                matches!(next, Stroke::Across | Stroke::Cross | Stroke::Opens | Stroke::OpensLast | Stroke::Closes | Stroke::ClosesLast)
            });
            picture.push_str(if reaches_on { screen.pick("─", "-") } else { " " });
        }
        picture.trim_end().to_owned()
    }

    /// A step that writes is filled, so that it stands out without colours too.
    fn symbol(effect: Option<Effect>, screen: &Screen) -> String {
        match effect {
            Some(Effect::Write) => screen.warn(screen.pick("●", "#")),
            Some(Effect::Read) => screen.hint(screen.pick("○", "o")),
            Some(Effect::None) | None => screen.pick("○", "o").to_owned(),
        }
    }
}

/// The rows so far, and for each lane the step that it leads to.
#[derive(Default)]
struct Drawing {
    lanes: Vec<Option<usize>>,
    rows: Vec<Row>,
}

impl Drawing {
    fn place(&mut self, node: usize, children: &[usize]) {
        let arriving: Vec<usize> = (0..self.lanes.len()).filter(|&lane| self.lanes[lane] == Some(node)).collect();
        if let [own, others @ ..] = arriving.as_slice()
            && !others.is_empty()
        {
            self.join(*own, others, Stroke::Closes, Stroke::ClosesLast);
            for &lane in others {
                self.lanes[lane] = None;
            }
        }
        let own = arriving.first().copied().unwrap_or_else(|| self.begin_lane());
        self.lanes[own] = Some(node);
        let cells = (0..self.lanes.len()).map(|lane| if lane == own { Stroke::Node } else { self.passing(lane) }).collect();
        self.rows.push(Row { cells, node: Some(node) });
        self.lanes[own] = children.first().copied();
        let opened: Vec<usize> = children
            .iter()
            .skip(1)
            .map(|&child| {
                let lane = self.free_lane(own + 1);
                self.lanes[lane] = Some(child);
                lane
            })
            .collect();
        if !opened.is_empty() {
            self.join(own, &opened, Stroke::Opens, Stroke::OpensLast);
        }
        while self.lanes.last() == Some(&None) {
            self.lanes.pop();
        }
    }

    /// A lane for a step that needs none. Right below a step that has ended, a gap keeps the two apart.
    fn begin_lane(&mut self) -> usize {
        let own = self.free_lane(0);
        if self.rows.last().is_some_and(|row| row.cells.get(own) == Some(&Stroke::Node)) {
            let cells = (0..self.lanes.len()).map(|lane| self.passing(lane)).collect();
            self.rows.push(Row { cells, node: None });
        }
        own
    }

    fn free_lane(&mut self, from: usize) -> usize {
        let free = (from..self.lanes.len()).find(|&lane| self.lanes[lane].is_none());
        free.unwrap_or_else(|| {
            self.lanes.push(None);
            self.lanes.len() - 1
        })
    }

    fn passing(&self, lane: usize) -> Stroke {
        if self.lanes[lane].is_some() { Stroke::Down } else { Stroke::Empty }
    }

    /// A row that ties lanes to the lane `own` on their left.
    fn join(&mut self, own: usize, others: &[usize], inner: Stroke, outer: Stroke) {
        let last = others.iter().copied().max().unwrap_or(own);
        let cells = (0..self.lanes.len())
            .map(|lane| match lane {
                _ if lane == own => Stroke::Tee,
                _ if lane == last => outer,
                _ if others.contains(&lane) => inner,
                _ if lane > own && lane < last && self.lanes[lane].is_some() => Stroke::Cross,
                _ if lane > own && lane < last => Stroke::Across,
                _ => self.passing(lane),
            })
            .collect();
        self.rows.push(Row { cells, node: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screen::fixtures::{ascii, plain};

    fn node(id: &str, uses: &str, needs: &[&str], effect: Effect) -> GraphNode {
        GraphNode {
            id: id.to_owned(),
            uses: uses.to_owned(),
            label: format!("what {id} does, in a few words"),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
            effect,
        }
    }

    fn diamond() -> Vec<GraphNode> {
        vec![
            node("orders", "http.request", &[], Effect::Read),
            node("rates", "http.request", &[], Effect::Read),
            node("joined", "data.join", &["orders", "rates"], Effect::None),
            node("large", "data.filter", &["joined"], Effect::None),
            node("small", "data.filter", &["joined"], Effect::None),
            node("by_day", "data.aggregate", &["joined"], Effect::None),
            node("report", "file.write", &["large", "small", "by_day", "joined"], Effect::Write),
        ]
    }

    #[test]
    fn a_pipeline_is_a_straight_line_even_where_steps_refer_further_back() {
        let nodes = [
            node("stories", "feed.read", &[], Effect::Read),
            node("matching", "data.filter", &["stories"], Effect::None),
            node("post", "slack.send_message", &["matching", "stories"], Effect::Write),
        ];
        insta::assert_snapshot!("graph_pipeline", render(&nodes, &plain(80)));
    }

    #[test]
    fn branches_are_lanes() {
        insta::assert_snapshot!("graph_branches", render(&diamond(), &plain(80)));
        insta::assert_snapshot!("graph_branches_ascii", render(&diamond(), &ascii(80)));
    }

    #[test]
    fn a_long_edge_passes_the_steps_beside_it() {
        let nodes = [
            node("a", "file.read", &[], Effect::Read),
            node("b", "file.read", &[], Effect::Read),
            node("c", "data.map", &["a"], Effect::None),
            node("d", "data.join", &["a", "b"], Effect::None),
            node("e", "file.write", &["c"], Effect::Write),
            node("alone", "flow.wait", &[], Effect::None),
        ];
        insta::assert_snapshot!("graph_crossing", render(&nodes, &plain(80)));
    }

    #[test]
    fn a_cycle_is_drawn_rather_than_looped_over() {
        let nodes = [node("a", "data.set", &["b"], Effect::None), node("b", "data.set", &["a"], Effect::None)];
        assert_eq!(render(&nodes, &plain(80)).lines().filter(|line| line.contains("data.set")).count(), 2);
    }

    #[test]
    fn lines_end_at_the_terminals_edge() {
        let mut nodes = diamond();
        nodes[0].label = "x".repeat(300);
        for line in render(&nodes, &plain(60)).lines() {
            assert!(text::width(line) <= 60, "{line}");
        }
    }
}
