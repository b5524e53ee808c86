// Package online is what a service of SuperOffice Online needs beside package
// superoffice.
//
// # Stores
//
// Tokens and tickets are costly to get, so they are kept in a Store: in memory
// for one process (NewMemoryStore), in Redis for the replicas of a service
// (package redisstore, a module of its own), or in one of your own, which
// package storetest holds to the contract. EncryptedStore keeps a shared one
// from being read.
package online
