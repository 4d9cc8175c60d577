//go:build !linux

package local

import (
	"errors"
	"os"
	"os/exec"
)

func command(library, dir string, args []string, terminal, out *os.File) *exec.Cmd {
	return exec.Command(library)
}

func openTerminal() (keys, screen *os.File, err error) {
	return nil, nil, errors.New("the engine is fetched for Linux on x86-64 only: run this there")
}

func stopped(int) bool { return false }
