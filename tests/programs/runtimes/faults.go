// faults NAME: a Go program with cgo that lives on faults, or dies of one.
package main

/*
#include <stdio.h>
#include <signal.h>
static void say(void) { puts("C speaks"); fflush(stdout); }
static __attribute__((noinline)) void crash_in_c(void) { *(volatile int *)8 = 1; }
*/
import "C"

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

type box struct{ value int }

//go:noinline
func read(b *box) int { return b.value }

func recovers() (caught bool) {
	defer func() { caught = recover() != nil }()
	read(nil)
	return
}

func live() {
	count := 0
	for i := 0; i < 10000; i++ {
		if recovers() {
			count++
		}
	}
	fmt.Println(count, "recovered")
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		done <- recovers()
	}()
	fmt.Println("in another thread:", <-done)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM)
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	fmt.Println("notified of", <-caught)
}

func main() {
	C.say()
	switch os.Args[1] {
	case "live":
		live()
	case "panic":
		read(nil)
	case "c":
		C.crash_in_c()
	}
}
