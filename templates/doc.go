// Package templates holds what a person writes and may change without Go: industry packs with their stages,
// kinds, fields and the words that people say. Each folder is one pack.
package templates
