// Package predict says what customers will probably do: buy again and when, stay away, take which product next. All of it is
// arithmetic on what is handed in: no database, no clock, no files; the same input gives the same output to the last bit.
package predict
