// Package tabular learns from any table of past cases which of the open ones will come true: leads that become customers,
// deals that are won, customers who leave. It makes sense of the columns by itself (numbers, dates, categories, texts, ids,
// what is known only afterwards), fits a logistic regression and boosted trees, trusts the mix that did best on rows it had
// not seen, and calibrates it, so that 30 % means three in ten.
package tabular
