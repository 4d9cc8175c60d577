// Package static holds our own styles and scripts. They are embedded as they are written; package assets gives them
// their hashed names.
package static

import "embed"

// Styles in the order in which they are joined: tokens first, pages last.
var Styles = []string{"tokens.css", "base.css", "shell.css", "parts.css", "pages.css", "governance.css", "rooms.css"}

// Scripts in the order in which they are joined.
var Scripts = []string{"charts.js", "app.js", "again.js", "governance.js"}

// Files are the sources of both.
//
//go:embed *.css *.js
var Files embed.FS
