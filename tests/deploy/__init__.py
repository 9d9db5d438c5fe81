"""What lies in deploy/ and .github/ says what it should."""
