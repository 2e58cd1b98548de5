//! Private PostgreSQL and Redis servers and whole stacks, for daily use, the demo and the tests.
