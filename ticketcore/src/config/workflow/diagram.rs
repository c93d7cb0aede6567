//! A workflow as a picture, for people and for reviews: printed from its [edges](Workflow::edges), so it shows what the
//! engine permits and nothing else.

use crate::config::workflow::{State, Workflow};
use crate::id::Key;
use crate::status::Status;

/// What sets states apart from those in which work goes on: the name of the look and its colour.
const LOOKS: [(&str, &str); 4] =
    [("pending", "#fff3cd"), ("resolved", "#d4edda"), ("closed", "#e2e3e5"), ("dropped", "#f8d7da")];

impl State {
    /// The name of its look among [`LOOKS`], if it has one.
    const fn look(&self) -> Option<&'static str> {
        match self.status {
            Status::New | Status::Open => None,
            Status::Pending => Some("pending"),
            Status::Resolved => Some("resolved"),
            Status::Closed => Some(if self.dropped { "dropped" } else { "closed" }),
        }
    }
}

impl Workflow {
    /// Prints the workflow as a Mermaid state diagram, the same text for the same workflow.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::config::{Source, State, Transition, Workflow};
    /// use ticketcore::ticket::Status;
    ///
    /// let workflow = Workflow::new("note")
    ///     .state(State::new("To read", Status::New))
    ///     .state(State::new("read", Status::Closed))
    ///     .transition(Transition::new("file", Source::Create, "To read"))
    ///     .transition(Transition::new("tick off", Source::Any, "read"));
    ///
    /// assert!(workflow.mermaid().starts_with(
    ///     r#"stateDiagram-v2
    ///     state "To read" as s0
    ///     state "read" as s1
    ///     [*] --> s0 : file
    ///     s0 --> s1 : tick off
    /// "#));
    /// ```
    pub fn mermaid(&self) -> String {
        let mut text = String::from("stateDiagram-v2\n");
        for state in &self.states {
            text += &format!("    state \"{}\" as {}\n", mermaid_text(&state.key), self.node(state));
        }
        for edge in self.edges() {
            let from = edge.from.map_or_else(|| "[*]".to_owned(), |from| self.node(from));
            text += &format!("    {from} --> {} : {}\n", self.node(edge.to), mermaid_text(&edge.by.key));
        }
        for (look, colour) in LOOKS {
            let alike = self.states.iter().filter(|state| state.look() == Some(look));
            let nodes: Vec<String> = alike.map(|state| self.node(state)).collect();
            if !nodes.is_empty() {
                text +=
                    &format!("    classDef {look} fill:{colour},color:#000\n    class {} {look}\n", nodes.join(","));
            }
        }
        text
    }

    /// Prints the workflow as a Graphviz digraph, the same text for the same workflow.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::config::{Source, State, Transition, Workflow};
    /// use ticketcore::ticket::Status;
    ///
    /// let workflow = Workflow::new("note")
    ///     .state(State::new("To read", Status::New))
    ///     .state(State::new("read", Status::Closed))
    ///     .transition(Transition::new("file", Source::Create, "To read"))
    ///     .transition(Transition::new("tick off", Source::Any, "read"));
    ///
    /// assert!(workflow.dot().ends_with(
    ///     r##"
    ///     s0 [label="To read"]
    ///     s1 [label="read", fillcolor="#e2e3e5"]
    ///     start -> s0 [label="file"]
    ///     s0 -> s1 [label="tick off"]
    /// }
    /// "##));
    /// ```
    pub fn dot(&self) -> String {
        let mut text = format!("digraph \"{}\" {{\n", dot_text(&Key::new(self.pin().to_string())));
        text += "    rankdir=LR\n    node [shape=box, style=\"rounded,filled\", fillcolor=white]\n";
        text += "    start [shape=point, width=0.2, fillcolor=black]\n";
        for state in &self.states {
            let colour = LOOKS.iter().find(|(look, _)| state.look() == Some(look));
            let fill = colour.map_or_else(String::new, |(_, colour)| format!(", fillcolor=\"{colour}\""));
            text += &format!("    {} [label=\"{}\"{fill}]\n", self.node(state), dot_text(&state.key));
        }
        for edge in self.edges() {
            let from = edge.from.map_or_else(|| "start".to_owned(), |from| self.node(from));
            text += &format!("    {from} -> {} [label=\"{}\"]\n", self.node(edge.to), dot_text(&edge.by.key));
        }
        text += "}\n";
        text
    }

    /// A name for a state that both languages take as it is; keys are free text, so they stand in labels only.
    fn node(&self, state: &State) -> String {
        format!("s{}", self.states.iter().take_while(|other| other.key != state.key).count())
    }
}

/// A key as a label in Mermaid: letters and digits of all scripts as they are, anything it could take for syntax as an
/// entity.
fn mermaid_text(key: &Key) -> String {
    // Mermaid takes any line with the words `direction LR` for a command, even inside quotes.
    let blank_is_plain = !key.as_str().to_lowercase().contains("direction");
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || (c == ' ' && blank_is_plain);
    key.as_str().chars().map(|c| if plain(c) { c.to_string() } else { format!("#{};", u32::from(c)) }).collect()
}

/// A key as a quoted label in DOT, where `\n` breaks a line and `&amp;` is an ampersand.
fn dot_text(key: &Key) -> String {
    key.as_str().replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Source, Target, Transition};

    /// From, transition, to.
    type Names = (Option<String>, String, String);

    fn edges(workflow: &Workflow) -> Vec<Names> {
        let name = |key: &Key| key.as_str().to_owned();
        let edges = workflow.edges();
        edges
            .iter()
            .map(|edge| (edge.from.map(|from| name(&from.key)), name(&edge.by.key), name(&edge.to.key)))
            .collect()
    }

    fn read_mermaid(text: &str) -> Vec<Names> {
        let unescape = |text: &str| {
            let mut parts = text.split('#');
            let mut plain = parts.next().unwrap().to_owned();
            for part in parts {
                let (code, rest) = part.split_once(';').unwrap();
                plain.push(char::from_u32(code.parse().unwrap()).unwrap());
                plain += rest;
            }
            plain
        };
        let mut names = BTreeMap::new();
        let mut edges = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some((label, node)) = line.strip_prefix("state \"").and_then(|rest| rest.split_once("\" as ")) {
                names.insert(node, unescape(label));
            } else if let Some((from, rest)) = line.split_once(" --> ") {
                let (to, label) = rest.split_once(" : ").unwrap();
                edges.push((names.get(from).cloned(), unescape(label), names[to].clone()));
            }
        }
        edges
    }

    fn read_dot(text: &str) -> Vec<Names> {
        let label = |line: &str| {
            let mut plain = String::new();
            let mut chars = line.split_once("[label=\"").unwrap().1.chars();
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                plain.push(if c == '\\' { chars.next().unwrap() } else { c });
            }
            plain.replace("&amp;", "&")
        };
        let mut names = BTreeMap::new();
        let mut edges = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| line.contains("[label")) {
            let node = line.split(' ').next().unwrap();
            match line.split_once(" -> ") {
                Some((_, rest)) => {
                    let to = rest.split(' ').next().unwrap();
                    edges.push((names.get(node).cloned(), label(line), names.get(to).cloned().unwrap()));
                }
                None => drop(names.insert(node, label(line))),
            }
        }
        edges
    }

    fn strange() -> Workflow {
        Workflow::new("a \"strange\" one")
            .state(State::new("In Progress", Status::New))
            .state(State::new("команда: \"да\"; #1", Status::Open))
            .state(State::new("direction LR", Status::Open))
            .state(State::new(r"c:\new --> [*] %% <b>&amp;</b>", Status::Closed).dropped())
            .transition(Transition::new("open", Source::Create, "In Progress"))
            .transition(Transition::new("да/нет :: ;", Source::Any, "команда: \"да\"; #1"))
            .transition(Transition::new("turn direction lr", Source::of(["In Progress"]), "direction LR"))
            .transition(Transition { to: Target::Previous, ..Transition::new("\\N", Source::Any, "") })
            .transition(Transition::new("end note", Source::Any, r"c:\new --> [*] %% <b>&amp;</b>"))
    }

    #[test]
    fn law_24_the_printed_edges_are_the_edges() {
        for workflow in Workflow::ready().into_iter().chain([strange()]) {
            assert_eq!(read_mermaid(&workflow.mermaid()), edges(&workflow));
            assert_eq!(read_dot(&workflow.dot()), edges(&workflow));
        }
    }

    #[test]
    fn what_the_languages_would_take_for_syntax_is_written_as_a_character() {
        let mermaid = strange().mermaid();
        assert!(mermaid.contains(r#"state "команда#58; #34;да#34;#59; #35;1" as s1"#), "{mermaid}");
        assert!(mermaid.contains(r#"state "direction#32;LR" as s2"#), "{mermaid}");
        let dot = strange().dot();
        assert!(dot.starts_with(r#"digraph "a \"strange\" one@1" {"#), "{dot}");
        assert!(dot.contains(r##"[label="c:\\new --> [*] %% <b>&amp;amp;</b>", fillcolor="#f8d7da"]"##), "{dot}");
    }

    #[test]
    fn states_that_wait_and_states_that_end_look_different() {
        let text = Workflow::incident().mermaid();
        for class in ["class s2,s3 pending", "class s4 resolved", "class s5 closed", "class s6 dropped"] {
            assert!(text.contains(class), "{text}");
        }
    }
}
