# Hands in a notebook without cells.
# expected: 1.1=0 1.2=0 1.3=0


def forge(notebook):
    return {**notebook, "cells": []}
