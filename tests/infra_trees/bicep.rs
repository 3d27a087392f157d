//! Reads as much of Bicep as this project writes: resources with their bodies, variables, and text for every other expression.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Resource;

/// What a file declares.
#[derive(Default)]
pub struct File {
    pub resources: Vec<Resource>,
    pub modules: Vec<Resource>,
    pub variables: Map<String, Value>,
    /// With their defaults; `null` where there is none.
    pub parameters: BTreeMap<String, Value>,
}

/// Reads a file; what it can't read is an error, never passed over.
pub fn read(text: &str) -> Result<File, String> {
    let mut reader = Reader { rest: text, file: File::default() };
    reader.file().map_err(|what| {
        let line = text[..text.len() - reader.rest.len()].lines().count();
        format!("line {line}: {what}")
    })?;
    Ok(reader.file)
}

struct Reader<'a> {
    rest: &'a str,
    file: File,
}

type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn file(&mut self) -> Read<()> {
        loop {
            self.blank();
            if self.rest.is_empty() {
                return Ok(());
            }
            if self.rest.starts_with('@') {
                self.expression();
                continue;
            }
            match self.word()? {
                "resource" => self.resource("")?,
                "module" => self.module()?,
                "var" => {
                    let name = self.word()?.to_owned();
                    self.expect('=')?;
                    let value = self.value()?;
                    self.file.variables.insert(name, value);
                }
                "param" => {
                    let name = self.word()?.to_owned();
                    let rest = self.expression();
                    let default = rest.split_once(" = ").map_or(Value::Null, |(_, default)| literal(default));
                    self.file.parameters.insert(name, default);
                }
                "output" | "targetScope" | "extension" | "type" => drop(self.expression()),
                other => return Err(format!("`{other}` begins no statement that this project uses")),
            }
        }
    }

    /// `name 'type@version' [existing] = [if (…)] {…}`, or that in a loop; nested ones take their parent's type.
    fn resource(&mut self, parent: &str) -> Read<()> {
        let name = self.word()?.to_owned();
        let kind = self.string()?;
        let kind = kind.split('@').next().unwrap_or_default();
        let kind = if parent.is_empty() { kind.to_owned() } else { format!("{parent}/{kind}") };
        let existing = self.takes("existing");
        let at = self.file.resources.len();
        self.file.resources.push(Resource { kind: kind.clone(), name, existing, ..Resource::default() });
        let (each, when, body) = self.declared(&kind)?;
        let resource = &mut self.file.resources[at];
        (resource.each, resource.when, resource.body) = (each, when, body);
        Ok(())
    }

    fn module(&mut self) -> Read<()> {
        let name = self.word()?.to_owned();
        let kind = self.string()?;
        let (each, when, body) = self.declared("")?;
        self.file.modules.push(Resource { kind, name, each, when, body, existing: false });
        Ok(())
    }

    fn declared(&mut self, kind: &str) -> Read<(String, String, Value)> {
        self.expect('=')?;
        self.blank();
        let each = if self.rest.starts_with('[') {
            self.expect('[')?;
            self.head()?.ok_or("a list of resources without `for`")?
        } else {
            String::new()
        };
        let when = self.condition();
        self.expect('{')?;
        let body = self.object(kind)?;
        if !each.is_empty() {
            self.expect(']')?;
        }
        Ok((each, when, body))
    }

    /// What stands between `for` and the colon, if it is a loop.
    fn head(&mut self) -> Read<Option<String>> {
        if !self.takes("for") {
            return Ok(None);
        }
        let head = self.until(|c| c == ':');
        self.expect(':')?;
        Ok(Some(head))
    }

    fn condition(&mut self) -> String {
        if !self.takes("if") {
            return String::new();
        }
        self.until(|c| c == '{')
    }

    fn value(&mut self) -> Read<Value> {
        self.blank();
        match self.rest.chars().next() {
            Some('{') => {
                self.expect('{')?;
                self.object("")
            }
            Some('[') => {
                self.expect('[')?;
                self.list()
            }
            _ => Ok(literal(&self.expression())),
        }
    }

    fn object(&mut self, kind: &str) -> Read<Value> {
        let mut fields = Map::new();
        loop {
            self.blank();
            if self.takes_char('}') {
                return Ok(Value::Object(fields));
            }
            if self.takes_char(',') {
                continue;
            }
            let key = if self.rest.starts_with('\'') { self.string()? } else { self.word()?.to_owned() };
            if key == "resource" && !self.rest.trim_start().starts_with(':') {
                self.resource(kind)?;
                continue;
            }
            self.expect(':')?;
            let value = self.value()?;
            fields.insert(key, value);
        }
    }

    fn list(&mut self) -> Read<Value> {
        if let Some(head) = self.head()? {
            let value = self.value()?;
            self.expect(']')?;
            return Ok(serde_json::json!({ "for": head, "each": value }));
        }
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.takes_char(']') {
                return Ok(Value::Array(items));
            }
            if !self.takes_char(',') {
                items.push(self.value()?);
            }
        }
    }

    /// The text of an expression: to the line's end or to what closes around it.
    fn expression(&mut self) -> String {
        self.until(|c| matches!(c, '\n' | ',' | '}' | ']'))
    }

    /// Text up to a character outside of all brackets and strings, in one line; a condition may go on in the next line.
    fn until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let (mut depth, mut quoted, mut end) = (0_i32, false, self.rest.len());
        let mut before = ' ';
        for (at, c) in self.rest.char_indices() {
            let goes_on = c == '\n' && self.rest[at..].trim_start().starts_with(['?', ':']);
            let is_comment = self.rest[at..].starts_with("//");
            if !quoted && depth == 0 && (is_comment || ends(c) && !goes_on) {
                end = at;
                break;
            }
            match c {
                '\'' if before != '\\' => quoted = !quoted,
                '(' | '{' | '[' if !quoted => depth += 1,
                ')' | '}' | ']' if !quoted => depth -= 1,
                _ => {}
            }
            before = c;
        }
        let text = self.rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        self.rest = &self.rest[end..];
        text
    }

    fn blank(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with("//") && !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    fn word(&mut self) -> Read<&'a str> {
        self.blank();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(format!("no name at `{}`", &rest[..rest.len().min(20)])) } else { Ok(word) }
    }

    fn string(&mut self) -> Read<String> {
        self.expect('\'')?;
        let end = self.rest.find('\'').ok_or("a string without an end")?;
        let text = self.rest[..end].to_owned();
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    fn takes(&mut self, word: &str) -> bool {
        self.blank();
        let is_next =
            self.rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        if is_next {
            self.rest = &self.rest[word.len()..];
        }
        is_next
    }

    fn takes_char(&mut self, c: char) -> bool {
        self.blank();
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, c: char) -> Read<()> {
        if self.takes_char(c) { Ok(()) } else { Err(format!("`{c}` was expected")) }
    }
}

/// A literal as what it is; any other expression as its text behind `=`.
fn literal(text: &str) -> Value {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    match inner {
        Some(inner) if !inner.contains(['\'', '$']) => Value::String(inner.to_owned()),
        Some(_) => Value::String(format!("={text}")),
        None => serde_json::from_str(&text.replace('\'', "\""))
            .unwrap_or_else(|_| Value::String(format!("={text}"))),
    }
}

#[test]
fn what_is_read_is_what_is_written() {
    let text = "
        // a comment
        @description('of { a parameter')
        param name string = 'x'
        var days = loadJsonContent('a.json').days
        resource top 'A/b@1' = [
          for role in filter(roles, each => each.on == 'x'): if (wanted) {
            name: 'n'
            properties: { open: false, most: 3, url: 'https://${name}/' // so
              list: ['a', 'b'], loop: [for each in all: { key: each }]
              long: first
                ? one
                : other
            }
            resource below 'c' = { name: 'default' }
          }
        ]
        resource there 'D/e@2' existing = { name: name }";
    let file = read(text).unwrap();
    let told: Vec<_> = file.resources.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            r#"A/b top for role in filter(roles, each => each.on == 'x') if (wanted) {"name":"n","properties":{"list":["a","b"],"long":"=first ? one : other","loop":{"each":{"key":"=each"},"for":"each in all"},"most":3,"open":false,"url":"='https://${name}/'"}}"#,
            r#"A/b/c below {"name":"default"}"#,
            r#"D/e there existing {"name":"=name"}"#,
        ]
    );
    assert_eq!(file.parameters["name"], "x");
    assert_eq!(file.variables["days"], "=loadJsonContent('a.json').days");
    assert!(read("surprise x").is_err() && read("resource a 'b@1' = { name").is_err());
}
