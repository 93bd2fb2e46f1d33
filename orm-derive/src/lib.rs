//! The derive macros of the ORM.
