//go:build !race

package superoffice

const raceEnabled = false
