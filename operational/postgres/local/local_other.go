//go:build !linux

package local

import "syscall"

func inNamespace(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }

func namespacesWork(string) bool { return false }

func endsWithProgram(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }

func worksIn(int, string) (is, known bool) { return false, false }

// locale sorts and compares by code point and knows the letters of all languages.
var locale = []string{"--lc-collate", "C", "--lc-ctype", "UTF-8"}
