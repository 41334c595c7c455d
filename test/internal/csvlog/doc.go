// Package csvlog reads the CSV files of data loggers: a time and any of
// temperature, humidity, latitude and longitude, in columns that the header
// names. What is wrong is told with its line, its column and the reason.
package csvlog
