//! Tests of reading calendars.
