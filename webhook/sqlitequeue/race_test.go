//go:build race

package sqlitequeue_test

func init() { slow = true }
