//! What is deployed: `host.json`, the functions, the program; and everything that can be wrong with it beforehand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::elf;
use super::front::Template;
use super::queue::{LONGEST_NAME, QueueSettings};

/// A package, read from its files.
pub struct Package {
    pub host: Value,
    pub functions: Vec<Function>,
}

/// One function, as its `function.json` declares it.
#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    /// The name of the trigger's binding.
    pub binding: String,
    pub trigger: Trigger,
    inputs: usize,
    outputs: Vec<String>,
}

#[derive(Debug, Clone)]
pub enum Trigger {
    Timer { schedule: String },
    Queue { queue: String, is_binary: bool, connection: String },
    Http { route: Template, methods: Vec<String> },
}

impl Package {
    /// Reads `host.json` and the functions' folders; what cannot be read at all ends the test here.
    pub fn read(host_json: &Path, functions: &Path) -> Self {
        let mut folders: Vec<_> =
            fs::read_dir(functions).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.retain(|path| path.is_dir());
        folders.sort();
        let host = read_json(host_json);
        let prefix = host["extensions"]["http"]["routePrefix"].as_str().unwrap_or("api").to_owned();
        let functions = folders.iter().map(|folder| Function::read(folder, &prefix)).collect();
        Self { host, functions }
    }

    pub fn function(&self, name: &str) -> &Function {
        self.functions.iter().find(|function| function.name == name).unwrap()
    }

    pub fn queue_settings(&self) -> QueueSettings {
        let queues = &self.host["extensions"]["queues"];
        QueueSettings {
            max_dequeue_count: number(&queues["maxDequeueCount"]).unwrap_or(5).try_into().unwrap(),
            visibility_ms: seconds(&queues["visibilityTimeout"]).unwrap_or(0) * 1000,
            batch: number(&queues["batchSize"]).unwrap_or(16).try_into().unwrap(),
        }
    }

    /// Everything that is wrong, one sentence each.
    pub fn lint(&self) -> Vec<String> {
        let mut wrong = self.lint_host();
        wrong.extend(self.functions.iter().flat_map(Function::lint));
        wrong.extend(self.lint_names());
        wrong.extend(self.lint_poison());
        wrong.extend(self.lint_routes());
        wrong
    }

    fn lint_host(&self) -> Vec<String> {
        let host = &self.host;
        let handler = &host["customHandler"];
        let queues = &host["extensions"]["queues"];
        let bundle =
            host["extensionBundle"]["id"].is_string() && host["extensionBundle"]["version"].is_string();
        let checks = [
            (host["version"] == "2.0", "host.json: version is not \"2.0\""),
            (seconds(&host["functionTimeout"]).is_some_and(|time| time > 0), "host.json: no functionTimeout"),
            (
                handler["enableForwardingHttpRequest"] == true,
                "host.json: forwarding is off: an old host posts HTTP as envelopes",
            ),
            (
                handler["enableProxyingHttpRequest"] == true,
                "host.json: proxying is off: chunked bodies are lost",
            ),
            (handler["http"].is_null(), "host.json: http.routes cannot stand beside function.json"),
            (host["configurationProfile"].is_null(), "host.json: a configurationProfile is for HTTP alone"),
            (bundle, "host.json: no extensionBundle: queues cannot be bound"),
            (
                seconds(&queues["visibilityTimeout"]).is_some_and(|time| time > 0),
                "host.json: no visibilityTimeout: five attempts are burnt in seconds",
            ),
            (
                queues["messageEncoding"] == "base64",
                "host.json: messageEncoding is not base64, as the Queue port sends",
            ),
        ];
        checks.into_iter().filter(|(is_right, _)| !is_right).map(|(_, wrong)| wrong.to_owned()).collect()
    }

    fn lint_names(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let doubled = self.functions.iter().filter(|function| !seen.insert(function.name.to_lowercase()));
        doubled.map(|function| format!("{}: there are two of this name", function.name)).collect()
    }

    /// A queue whose poison nobody reads fills up in silence.
    fn lint_poison(&self) -> Vec<String> {
        let queues: BTreeSet<_> = self.functions.iter().filter_map(Function::queue).collect();
        let mut wrong = Vec::new();
        for queue in queues.iter().filter(|queue| !queue.ends_with("-poison")) {
            let poison = format!("{queue}-poison");
            if poison.len() > LONGEST_NAME {
                wrong.push(format!("queue {queue}: its name leaves no room for -poison"));
            }
            if !queues.contains(poison.as_str()) {
                wrong.push(format!("queue {queue}: no function reads {poison}"));
            }
        }
        wrong
    }

    /// No route may produce the path of a function that expects envelopes.
    fn lint_routes(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let (http, others): (Vec<_>, Vec<_>) =
            self.functions.iter().partition(|function| matches!(function.trigger, Trigger::Http { .. }));
        for function in http {
            let Trigger::Http { route, .. } = &function.trigger else { continue };
            if route.first_segment().is_none() {
                wrong.push(format!(
                    "{}: its route begins with a parameter and can produce any path",
                    function.name
                ));
            }
            let reached = others.iter().filter(|other| route.matches(&format!("/{}", other.name)));
            wrong.extend(
                reached.map(|other| format!("{}: its route produces /{}", function.name, other.name)),
            );
        }
        wrong
    }
}

impl Function {
    fn read(folder: &Path, prefix: &str) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let json = read_json(&folder.join("function.json"));
        let bindings = json["bindings"].as_array().unwrap();
        let triggers: Vec<_> = bindings.iter().filter(|binding| kind(binding).ends_with("Trigger")).collect();
        let [trigger] = triggers.as_slice() else { panic!("{name}: {} triggers", triggers.len()) };
        let (ins, outs): (Vec<_>, Vec<_>) = bindings.iter().partition(|binding| binding["direction"] == "in");
        Self {
            binding: trigger["name"].as_str().unwrap().to_owned(),
            trigger: Trigger::read(trigger, prefix).unwrap_or_else(|| panic!("{name}: an unknown trigger")),
            inputs: ins.len(),
            outputs: outs.iter().map(|binding| kind(binding).to_owned()).collect(),
            name,
        }
    }

    fn queue(&self) -> Option<&str> {
        match &self.trigger {
            Trigger::Queue { queue, .. } => Some(queue),
            _ => None,
        }
    }

    fn lint(&self) -> Vec<String> {
        let name = &self.name;
        let mut wrong = Vec::new();
        if !is_function_name(name) {
            wrong.push(format!("{name}: not a name for a function"));
        }
        match &self.trigger {
            Trigger::Http { .. } if self.inputs != 1 || self.outputs != ["http"] => {
                wrong.push(format!("{name}: not one input and one http output: it would get envelopes"));
            }
            Trigger::Queue { queue, is_binary, connection } => {
                if !is_queue_name(queue) {
                    wrong.push(format!("{name}: {queue} is not a name for a queue"));
                }
                if !is_binary {
                    wrong.push(format!("{name}: without dataType binary a message can forge its metadata"));
                }
                if connection.is_empty() {
                    wrong.push(format!("{name}: no connection"));
                }
            }
            Trigger::Timer { schedule } if schedule.split_whitespace().count() != 6 => {
                wrong.push(format!("{name}: {schedule} has not six fields"));
            }
            _ => {}
        }
        if !matches!(self.trigger, Trigger::Http { .. }) && !self.outputs.is_empty() {
            wrong.push(format!("{name}: an output binding: messages are sent by the handler"));
        }
        wrong
    }
}

impl Trigger {
    fn read(binding: &Value, prefix: &str) -> Option<Self> {
        let text = |key: &str| binding[key].as_str().unwrap_or_default().to_owned();
        match kind(binding) {
            "timerTrigger" => Some(Self::Timer { schedule: text("schedule") }),
            "queueTrigger" => Some(Self::Queue {
                queue: text("queueName"),
                is_binary: binding["dataType"] == "binary",
                connection: text("connection"),
            }),
            "httpTrigger" => {
                let methods = binding["methods"].as_array().into_iter().flatten();
                Some(Self::Http {
                    route: Template::new(prefix, &text("route")),
                    methods: methods.map(|method| method.as_str().unwrap().to_uppercase()).collect(),
                })
            }
            _ => None,
        }
    }
}

/// What is wrong with the program of a package: its name, its permission, what it needs besides itself.
pub fn lint_program(host: &Value, program: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut wrong = Vec::new();
    let named = &host["customHandler"]["description"]["defaultExecutablePath"];
    if program.file_name().and_then(|name| name.to_str()) != named.as_str() {
        wrong.push(format!("the program is not named {named}, as host.json says"));
    }
    if fs::metadata(program).unwrap().permissions().mode() & 0o111 != 0o111 {
        wrong.push("the program may not be executed by all".to_owned());
    }
    match elf::is_static(&fs::read(program).unwrap()) {
        Ok(true) => {}
        Ok(false) => wrong.push("the program needs libraries of the image: build it for musl".to_owned()),
        Err(error) => wrong.push(format!("the program is {error}")),
    }
    wrong
}

fn kind(binding: &Value) -> &str {
    binding["type"].as_str().unwrap_or_default()
}

fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `^[a-z][a-z0-9_\-]{0,127}$` in either case, and not `host`.
fn is_function_name(name: &str) -> bool {
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    good && name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.eq_ignore_ascii_case("host")
}

fn is_queue_name(name: &str) -> bool {
    let good = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    good && (3..=LONGEST_NAME).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

/// `hh:mm:ss`.
fn seconds(value: &Value) -> Option<u64> {
    let parts: Option<Vec<u64>> = value.as_str()?.split(':').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() == 3).map(|parts| parts.iter().fold(0, |sum, part| sum * 60 + part))
}
