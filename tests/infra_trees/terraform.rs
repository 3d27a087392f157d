//! Reads Terraform: resources with their bodies, locals, and text for every expression that is no literal.

use std::collections::BTreeMap;

use hcl::expr::{Expression, ObjectKey};
use hcl::{Block, Body};
use serde_json::{Map, Value};

use super::Resource;

/// What a file declares.
#[derive(Default)]
pub struct File {
    pub resources: Vec<Resource>,
    pub locals: Map<String, Value>,
    /// With their defaults; `null` where there is none.
    pub variables: BTreeMap<String, Value>,
}

/// Reads a file.
pub fn read(text: &str) -> Result<File, String> {
    let body = hcl::parse(text).map_err(|error| error.to_string())?;
    let mut file = File::default();
    for block in body.blocks() {
        match (block.identifier(), block.labels()) {
            ("resource", [kind, name]) => {
                file.resources.push(resource(kind.as_str(), name.as_str(), block.body()));
            }
            ("variable", [name]) => {
                let mut fields = fields(block.body());
                file.variables.insert(name.as_str().to_owned(), fields.remove("default").unwrap_or_default());
            }
            ("locals", []) => file.locals.extend(fields(block.body())),
            _ => {}
        }
    }
    Ok(file)
}

/// An azapi resource is of the type that it names; all others are of their own.
fn resource(kind: &str, name: &str, body: &Body) -> Resource {
    let mut fields = fields(body);
    let mut kind = kind.to_owned();
    if let (true, Some(Value::String(arm))) = (kind.starts_with("azapi_"), fields.get("type")) {
        kind = arm.split('@').next().unwrap_or_default().to_owned();
        if let Some(Value::Object(inner)) = fields.remove("body") {
            fields.extend(inner);
        }
    }
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).unwrap_or_default().trim_start_matches('=').to_owned()
    };
    let (each, when) = (text(fields.get("for_each")), text(fields.get("count")));
    Resource { kind, name: name.to_owned(), existing: false, each, when, body: Value::Object(fields) }
}

/// Attributes, and blocks as objects; blocks of one name become a list, and a dynamic one a loop.
fn fields(body: &Body) -> Map<String, Value> {
    let mut fields: Map<String, Value> =
        body.attributes().map(|field| (field.key().to_owned(), value(field.expr()))).collect();
    for block in body.blocks() {
        let (name, inner) = nested(block);
        let inner = Value::Object(inner);
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, inner)),
            Some(Value::Array(list)) => list.push(inner),
            Some(one) => *one = Value::Array(vec![one.take(), inner]),
        }
    }
    fields
}

fn nested(block: &Block) -> (String, Map<String, Value>) {
    match (block.identifier(), block.labels()) {
        ("dynamic", [name]) => (name.as_str().to_owned(), fields(block.body())),
        (name, _) => (name.to_owned(), fields(block.body())),
    }
}

fn value(expression: &Expression) -> Value {
    match expression {
        Expression::Null => Value::Null,
        Expression::Bool(yes) => Value::Bool(*yes),
        Expression::Number(number) => serde_json::to_value(number).unwrap_or_default(),
        Expression::String(text) => Value::String(text.clone()),
        Expression::Array(items) => items.iter().map(value).collect(),
        Expression::Object(object) => {
            object.iter().map(|(name, item)| (key(name), value(item))).collect::<Map<_, _>>().into()
        }
        other => Value::String(format!("={}", text(other))),
    }
}

fn key(key: &ObjectKey) -> String {
    match key {
        ObjectKey::Expression(Expression::String(name)) => name.clone(),
        other => other.to_string(),
    }
}

fn text(expression: &Expression) -> String {
    let text = hcl::format::to_string(expression).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_read_is_what_is_written() {
    let text = r#"
        locals {
          days = jsondecode(file("a.json")).days
        }
        resource "azurerm_thing" "top" {
          for_each = local.all
          open     = false
          most     = 3
          url      = "https://${each.key}/"
          inner {
            a = ["x"]
          }
          dynamic "inner" {
            for_each = local.more
            content {
              a = inner.value
            }
          }
        }
        resource "azapi_resource" "raw" {
          type = "A/b@1"
          body = { properties = { deep = { open = true } } }
        }"#;
    let file = read(text).unwrap();
    let told: Vec<_> = file.resources.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            r#"azurerm_thing top for local.all {"for_each":"=local.all","inner":[{"a":["x"]},{"content":{"a":"=inner.value"},"for_each":"=local.more"}],"most":3,"open":false,"url":"=\"https://${each.key}/\""}"#,
            r#"A/b raw {"properties":{"deep":{"open":true}},"type":"A/b@1"}"#,
        ]
    );
    assert!(file.locals["days"].as_str().unwrap().contains(".days"));
}
