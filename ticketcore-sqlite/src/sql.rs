//! Statements in the making: text from a finite set of fragments, every value a parameter.

use rusqlite::types::Value as Parameter;

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) parameters: Vec<Parameter>,
}

impl Sql {
    /// Appends SQL.
    pub(crate) fn push(&mut self, fragment: &str) -> &mut Self {
        self.text.push_str(fragment);
        self
    }

    /// Appends a parameter.
    pub(crate) fn bind(&mut self, value: impl Into<Parameter>) -> &mut Self {
        self.parameters.push(value.into());
        self.push("?")
    }

    /// Joins terms, the last things that were appended, into one; without any it is `nothing`.
    ///
    /// They become a balanced tree: SQLite takes no expression that is more than 1000 levels deep, and a thousand terms in
    /// a row are as many levels.
    pub(crate) fn join(&mut self, Terms(starts): Terms, with: &str, nothing: &str) -> &mut Self {
        let Some(first) = starts.first() else { return self.push(nothing) };
        let terms = self.text.split_off(*first);
        let ends = starts.iter().skip(1).copied().chain([first + terms.len()]);
        let terms: Vec<&str> = starts.iter().zip(ends).map(|(start, end)| &terms[start - first..end - first]).collect();
        balanced(&mut self.text, &terms, with);
        self
    }
}

/// Where terms begin in the text of a statement. Nothing else may be appended until they are joined.
#[derive(Debug, Default)]
pub(crate) struct Terms(Vec<usize>);

impl Terms {
    /// Begins the next term.
    pub(crate) fn next<'s>(&mut self, sql: &'s mut Sql) -> &'s mut Sql {
        self.0.push(sql.text.len());
        sql
    }
}

fn balanced(text: &mut String, terms: &[&str], with: &str) {
    match terms {
        [] => {}
        [term] => text.push_str(term),
        terms => {
            let (left, right) = terms.split_at(terms.len() / 2);
            text.push('(');
            balanced(text, left, with);
            text.push_str(with);
            balanced(text, right, with);
            text.push(')');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_joined_into_a_balanced_tree() {
        let joined = |count: usize| {
            let (mut sql, mut terms) = (Sql::default(), Terms::default());
            sql.push("where ");
            (0..count).for_each(|number| _ = terms.next(&mut sql).push("a = ").bind(number.to_string()));
            sql.join(terms, " and ", "true").push(" order by a").text.clone()
        };
        assert_eq!(joined(0), "where true order by a");
        assert_eq!(joined(1), "where a = ? order by a");
        assert_eq!(joined(3), "where (a = ? and (a = ? and a = ?)) order by a");
    }
}
