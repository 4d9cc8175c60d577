package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folderLock keeps a second program out of a data folder. The system drops it with the process, however that ends.
type folderLock struct{ file *os.File }

func lockFolder(dir string) (*folderLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(f.Name())
		f.Close()
		return nil, fmt.Errorf("another sharepartner (process %s) uses the data folder %s; nothing was started. Stop that one, or choose another folder with --data", strings.TrimSpace(string(holder)), dir)
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return &folderLock{file: f}, nil
}

func (l *folderLock) release() {
	if l != nil {
		l.file.Close()
	}
}
