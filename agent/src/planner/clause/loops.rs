//! Clauses that open and close a loop over items.

use super::*;

pub(super) fn close_loop(builder: &mut Builder<'_>, memory: &mut Memory) {
    builder.each = None;
    memory.each = None;
    if let Some(outer) = memory.outer.take() {
        builder.focus = Some(outer);
    }
}

/// Opens "for each …": its words may name the list, conditions and an order.
pub(super) fn open_loop(builder: &mut Builder<'_>, head: &[Token], memory: &mut Memory, outcome: &mut Outcome) {
    let mut chunk = Chunk::new(head);
    let found = places::read(&mut chunk, Some(Act::Fetch), &|_| true, builder.focus.is_some());
    let words = norms(head);
    for source in &found.sources {
        if !builder.read(source, &words) {
            return;
        }
    }
    recall_list(builder, &chunk);
    if !builder.pending_groups.is_empty() {
        builder.transform(&Modifiers { measures: vec![counting()], ..Modifiers::default() }, false);
    } else if let Some(focus) = builder.focus.clone() {
        let about = About { fields: &focus.fields, nouns: &focus.nouns, record: false, act: Some(Act::Fetch) };
        let mut asked = modifiers::read(&mut chunk, &about);
        // In "for each name" the field only says what an item is.
        asked.fields.clear();
        if builder.transform(&asked, false).is_none() {
            outcome.unclear.push(chunk.text(0..chunk.len()));
        }
    } else if !ask_source(builder, Some(head)) {
        return;
    }
    memory.each = Some(head.to_vec());
    enter_loop(builder, memory);
}

pub(super) fn enter_loop(builder: &mut Builder<'_>, memory: &mut Memory) {
    let Some(focus) = builder.focus.clone() else { return };
    memory.outer = Some(focus.clone());
    builder.each = Some(Loop { list: focus.list(), fields: focus.fields, nouns: focus.nouns });
}

/// Opens a loop for "email each customer", "send every member …".
pub(super) fn begin_each(builder: &mut Builder<'_>, asked: &Modifiers, found: &Places, memory: &mut Memory, address: bool) -> bool {
    let sink = found.sinks.iter().any(|sink| matches!(sink, Sink::Message(_) | Sink::Web(..)));
    let list = builder.focus.as_ref().is_some_and(Focus::is_list);
    if builder.each.is_some() || !list || !((asked.each && sink) || address) {
        return false;
    }
    enter_loop(builder, memory);
    true
}
