package local

import (
	"os"
	"os/exec"
	"syscall"
)

// inNamespace lets root's child run as an ordinary user to whom root's files belong.
func inNamespace(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Cloneflags = syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: os.Getegid(), Size: 1}}
	return attr
}

// namespacesWork tries it: what the kernel and the container allow is told by nothing else.
func namespacesWork(postgres string) bool {
	cmd := exec.Command(postgres, "--version")
	cmd.SysProcAttr = inNamespace(&syscall.SysProcAttr{Setpgid: true})
	return cmd.Run() == nil
}

// endsWithProgram has the kernel shut the server down when the thread that started it ends.
func endsWithProgram(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	mine := *attr
	mine.Pdeathsig = syscall.SIGINT
	return &mine
}

// worksIn says whether a process has its working folder there; known is false where that cannot be told.
func worksIn(pid int, dir string) (is, known bool) {
	at, err := os.Readlink(procPath(pid, "cwd"))
	if err != nil {
		return false, os.IsNotExist(err)
	}
	return sameFolder(at, dir), true
}

// locale sorts and compares by code point and knows the letters of all languages.
var locale = []string{"--locale", "C.UTF-8"}
