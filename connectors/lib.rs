//! Whom Wheelhouse talks to: Microsoft Graph.
