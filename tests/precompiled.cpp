// Gives the precompiled header that all suites reuse a translation unit that is compiled with it.
