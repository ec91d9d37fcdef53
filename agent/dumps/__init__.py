"""The program on the server that dumps the database and brings it back; standard library only."""
