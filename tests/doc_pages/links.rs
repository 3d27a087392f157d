//! Links from a document to another file or heading.

use std::path::{Component, Path, PathBuf};

use super::{Page, Project, lines};

/// The links that lead nowhere.
pub fn broken(project: &Project) -> Vec<String> {
    let of_page = |page: &Page| -> Vec<String> {
        let prose = page.prose();
        let targets = targets(&prose).into_iter().filter(|target| !target.contains("://"));
        targets.filter_map(|target| problem(project, page, target)).collect()
    };
    project.pages.iter().flat_map(of_page).collect()
}

/// What stands in the round brackets of `](…)`.
fn targets(prose: &str) -> Vec<&str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

fn problem(project: &Project, page: &Page, target: &str) -> Option<String> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { page.path.clone() } else { beside(&page.path, file) };
    let is_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file).is_dir();
    let text = match project.files.get(&file) {
        _ if file == page.path => &page.text,
        Some(text) => text,
        None if is_folder => return None,
        None => return Some(format!("{}: there is no {file}", page.path)),
    };
    let is_there = heading.is_empty() || headings(text).any(|known| known == heading);
    (!is_there).then(|| format!("{}: {file} has no heading #{heading}", page.path))
}

/// A path that a document gives, seen from the project's root.
fn beside(page: &str, target: &str) -> String {
    let mut path = PathBuf::from(page);
    path.pop();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_str().unwrap().to_owned()
}

/// Headings as they are linked to: lower case, words with hyphens between, nothing else.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let heading = lines(text).filter(|(fenced, line)| !fenced && line.starts_with('#')).map(|(_, line)| line);
    heading.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
