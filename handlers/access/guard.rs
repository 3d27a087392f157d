//! The one door of every HTTP function: who calls, whether the route lets them in, and what is noted of it.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::{AUTHORIZATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use sync::TenantId;

use super::noted::{self, Call};
use super::rules::Found;
use super::session::{check_csrf_header, not_signed_in};
use super::{Caller, Ids, Route, Rule, Rules, Session, Via, Who, machine, origin, session, token};
use crate::App;
use crate::api::{ApiError, Params};
use crate::host::{Host, refusal};

/// Puts the routes of a function behind the door; what is not in the table is never reached.
pub fn guarded(rules: Rules, routes: Router<Host<App>>) -> Router<Host<App>> {
    let nothing = any(|| async { nothing_here() });
    routes
        .route("/", nothing.clone())
        .route("/{*rest}", nothing)
        .layer(from_fn_with_state(Arc::new(rules), pass))
}

/// Who came through the door.
struct Visitor {
    caller: Option<Caller>,
    session: Option<Session>,
}

async fn pass(
    State(rules): State<Arc<Rules>>,
    Extension(host): Extension<Host<App>>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(app) = host.app().await else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "starting: the log says what is missing");
    };
    match through(&app, &rules, request, next).await {
        Ok(response) => response,
        Err(refusal) => refused(refusal),
    }
}

async fn through(app: &App, rules: &Rules, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let ids = ids(&mut parts).await;
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = match rules.find(&parts.method, path.as_deref().unwrap_or_default()) {
        Found::Route(route) => route,
        other => return Err(lost(app, &parts, &other).await),
    };
    let rule = route.rule.as_ref().ok_or_else(|| ruleless(route))?;
    let Visitor { caller, session } = admit(app, rule, &parts, &ids).await?;
    caller.clone().map(|caller| parts.extensions.insert(caller));
    session.clone().map(|session| parts.extensions.insert(session));
    let values = rule.values.is_some() && Params::of(&parts.uri).says("values");
    let noted = caller.filter(|_| changes(&parts.method) || values);
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(caller) = &noted {
        let (operation, status) = (route.operation.as_str(), response.status());
        noted::called(app, &Call { caller, operation, ids: &ids, values, status }).await?;
    }
    match session.and_then(|session| session.seen_again(app.now())) {
        Some(session) if !response.headers().contains_key(SET_COOKIE) => {
            Ok((session::seal(app, &session).await?, response).into_response())
        }
        _ => Ok(response),
    }
}

async fn ids(parts: &mut Parts) -> Ids {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    params.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a call is told whose path leads nowhere: strangers learn nothing of which paths there are.
async fn lost(app: &App, parts: &Parts, found: &Found<'_>) -> ApiError {
    match identify(app, parts).await {
        Err(refusal) => refusal,
        Ok(_) if matches!(found, Found::OtherMethod) => ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path does not take this method",
            "GET /api/openapi.json lists the methods of every path",
        ),
        Ok(_) => nothing_here(),
    }
}

fn nothing_here() -> ApiError {
    ApiError::missing("there is nothing here", "GET /api/openapi.json lists all paths")
}

/// Nobody said who may call this, so nobody may.
fn ruleless(route: &Route) -> ApiError {
    tracing::error!(operation = route.operation, "the route has no rule");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "nobody may call this: the route has no rule",
        "give it `security((\"role\" = […]))`",
    )
}

/// Finds who calls, and refuses whom the rule does not let in.
async fn admit(app: &App, rule: &Rule, parts: &Parts, ids: &Ids) -> Result<Visitor, ApiError> {
    if rule.who == Who::Anyone {
        let session = session_of(app, parts).await?;
        if changes(&parts.method) {
            origin::check(app, &parts.headers)?;
        }
        return Ok(Visitor { caller: None, session });
    }
    let Visitor { caller, session } = identify(app, parts).await?;
    let caller = caller.ok_or_else(not_signed_in)?;
    if let Some(session) = session.as_ref().filter(|_| changes(&parts.method)) {
        origin::check(app, &parts.headers)?;
        check_csrf_header(session, &parts.headers)?;
    }
    check_tenant(rule, &caller, ids)?;
    check_role(rule, &caller, &Params::of(&parts.uri))?;
    Ok(Visitor { caller: Some(caller), session })
}

async fn identify(app: &App, parts: &Parts) -> Result<Visitor, ApiError> {
    if app.settings.public.is_none() {
        machine::check(&parts.headers)?;
        return Ok(Visitor { caller: Some(Caller::on_this_machine()), session: None });
    }
    if let Some(authorization) = parts.headers.get(AUTHORIZATION) {
        let caller = by_token(app, authorization).await?;
        return Ok(Visitor { caller: Some(caller), session: None });
    }
    let session = session_of(app, parts).await?.ok_or_else(not_signed_in)?;
    Ok(Visitor { caller: Some(Caller::from(&session)), session: Some(session) })
}

async fn by_token(app: &App, authorization: &HeaderValue) -> Result<Caller, ApiError> {
    let (scheme, token) =
        authorization.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(not_signed_in)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(not_signed_in());
    }
    token::bearer(app, token.trim()).await?.map_err(|why| {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            format!("the token is not believed: {why}"),
            "get a new access token of your own tenant for this application, version 2",
        )
    })
}

/// The session of a call that came with one; a call with a token never has one.
async fn session_of(app: &App, parts: &Parts) -> Result<Option<Session>, ApiError> {
    if app.settings.public.is_none() || parts.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    session::find(app, &parts.headers).await
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Somebody of one tenant learns nothing of another, not even whether it is there.
fn check_tenant(rule: &Rule, caller: &Caller, ids: &Ids) -> Result<(), ApiError> {
    let named = ids.iter().filter(|(name, _)| name == "tenant");
    let is_own = |(_, id): &(String, String)| {
        let own = caller.tenant.as_ref().map(TenantId::as_str);
        caller.via == Via::Machine || own.is_some_and(|own| own.eq_ignore_ascii_case(id))
    };
    if rule.crosses_tenants(caller) || named.clone().all(is_own) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "this tenant is not yours",
        "GET /api/me names your tenant; write its id in the path",
    ))
}

fn check_role(rule: &Rule, caller: &Caller, params: &Params) -> Result<(), ApiError> {
    let asks = |roles: &str| {
        ApiError::new(
            StatusCode::FORBIDDEN,
            format!("this needs the role {roles}"),
            "an administrator of your tenant assigns it in Entra (enterprise applications, users and groups); then sign in anew",
        )
    };
    if !rule.admits(caller) {
        return Err(asks(&rule.names()));
    }
    if params.says("values") && !rule.shows_values(caller) {
        return Err(asks(&rule.value_names()));
    }
    Ok(())
}

fn refused(refusal: ApiError) -> Response {
    let mut response = refusal.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
