"""The visible loop of training: a generator of events, without hooks and callbacks."""
